"""Each student of a department and each of its home classes: whether he would fit there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from desktop_sync.features.kept_answers import KeptAnswers
from desktop_sync.features.kept_departments import kept_departments
from desktop_sync.options.grid import Grid, class_grid
from desktop_sync.options.timetable import Department
from desktop_sync.repositories.departments import Look
from desktop_sync.repositories.rows import Found
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import DepartmentId, ProjectId, StudentCode
from shared.contracts.values import Authority
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class GridOfDepartment:
    """`people`: how lists show its students, by code, in the order of their names."""

    look: Look
    department: Department
    grid: Grid
    people: Mapping[StudentCode, Found]


_kept = KeptAnswers[Grid]()


async def class_grid_of(
    uow: DesktopUnitOfWork, project: ProjectId, department_id: DepartmentId, max_clashes: int, scope: Scope
) -> GridOfDepartment:
    """The grid of a department, with up to so many clashes. Raises NotFound."""
    await uow.timetable_departments.look_once()
    look = await uow.timetable_departments.of_project(project, department_id, scope)
    department = await kept_departments.at(uow, look.version, project, look.department)
    people = await uow.students.shown_of(project, [StudentCode(code) for code in department.students], scope)
    await uow.discard()  # nothing more is read: meanwhile others may have the connection
    portal_leads = look.led_by is Authority.PORTAL
    compute = partial(class_grid, department, max_clashes=max_clashes, portal_leads=portal_leads)
    grid = await _kept.at((project, look, max_clashes), compute)
    return GridOfDepartment(look, department, grid, people)
