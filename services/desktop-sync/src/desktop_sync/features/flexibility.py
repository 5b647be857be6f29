"""How much room the students of a department have in the present timetable, and what leaves some without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from desktop_sync.features.kept_answers import KeptAnswers
from desktop_sync.features.kept_departments import kept_departments
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.options.flexibility import Flexibility, flexibility
from desktop_sync.options.timetable import Department
from desktop_sync.repositories.departments import Look
from desktop_sync.repositories.rows import Found
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import DepartmentId, ProjectId, StudentCode
from shared.contracts.values import Authority
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class RoomInDepartment:
    """`people`: how lists show its students, by code; `lessons`: those of its groups."""

    look: Look
    department: Department
    found: Flexibility
    people: Mapping[StudentCode, Found]
    lessons: Sequence[Found]


_kept = KeptAnswers[Flexibility]()


async def flexibility_of(
    uow: DesktopUnitOfWork, project: ProjectId, department_id: DepartmentId, max_clashes: int, scope: Scope
) -> RoomInDepartment:
    """The room in a department; where the portal leads, in the class each is in. Raises NotFound."""
    await uow.timetable_departments.look_once()
    look = await uow.timetable_departments.of_project(project, department_id, scope)
    department = await kept_departments.at(uow, look.version, project, look.department)
    people = await uow.students.shown_of(project, [StudentCode(code) for code in department.students], scope)
    lessons = await uow.lessons.of_groups([LessonGroupId(group) for group in department.groups])
    await uow.discard()  # nothing more is read: meanwhile others may have the connection
    keep_class = look.led_by is Authority.PORTAL
    compute = partial(flexibility, department, max_clashes, keep_class=keep_class)
    found = await _kept.at((project, look, max_clashes), compute)
    return RoomInDepartment(look, department, found, people, lessons)
