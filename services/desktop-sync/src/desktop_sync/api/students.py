from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from desktop_sync.api.access import Changer, Reader, Work
from desktop_sync.api.lessons import ShownLesson
from desktop_sync.api.projects import tag
from desktop_sync.errors import PortalIsLeading
from desktop_sync.features.student_deletion import delete_student
from desktop_sync.models import Slot
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.repositories.rows import Found
from desktop_sync.repositories.students import BY_NAME
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import (
    STUDENT_CODE_PATTERN,
    BranchId,
    DepartmentId,
    GroupId,
    ProjectId,
    StudentCode,
)
from shared.contracts.rights import Permission
from shared.runtime.access import Scope
from shared.runtime.input import CleanText, PathId, QueryId
from shared.runtime.paging import DEFAULT, Cursor, Limit, Page, PersonKeyset

StudentPath = Annotated[StudentCode, Path(pattern=STUDENT_CODE_PATTERN)]


class ShownHomeClass(BaseModel):
    id: GroupId
    code: str


class ShownStudent(BaseModel):
    """A student in a list; the names are None until users has told them."""

    code: StudentCode
    given_name: str | None
    prefix: str | None
    family_name: str | None
    branch: BranchId
    department: DepartmentId
    home_class: ShownHomeClass | None


class ShownPlacement(BaseModel):
    """A subject, and where and when he has it; no group: not placed yet."""

    subject: str
    group: str | None
    lessons: list[ShownLesson | None]


class Address(BaseModel):
    street: str | None
    house_number: str | None
    postal_code: str | None
    city: str | None
    country: str | None


class StudentCard(ShownStudent):
    address: Address
    placements: list[ShownPlacement]


class Deleted(BaseModel):
    project: ProjectId
    revision: int
    placements: int


router = APIRouter(prefix="/projects/{project_id}/students", tags=["students"])


@router.get("")
async def list_students(  # noqa: PLR0913, PLR0917 - a list has filters and a page
    caller: Reader,
    uow: Work,
    project_id: PathId,
    response: Response,
    department: QueryId | None = None,
    q: Annotated[CleanText, Query(max_length=100)] = "",
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[ShownStudent]:
    """Students of the project by name; `q` finds parts of names and codes."""
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    keyset = PersonKeyset(limit, cursor, *BY_NAME)
    wanted = None if department is None else DepartmentId(department)
    rows = await uow.students.page(keyset, project.id, scope, department=wanted, search=q)
    tag(response, project)
    return keyset.page(rows, lambda row: ShownStudent(**shown(row)), lambda row: (row.code,))


@router.get("/{code}")
async def show_student(
    caller: Reader, uow: Work, project_id: PathId, code: StudentPath, response: Response
) -> StudentCard:
    """One student with his address and timetable; 404 when he is gone."""
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    tag(response, project)
    return await card_of(uow, project.id, code, scope)


@router.put("/{code}")
@router.patch("/{code}")
async def keep_student(caller: Reader, uow: Work, project_id: PathId, code: StudentPath) -> None:
    """Name and address (NAW) cannot be edited here, whatever the body says: 409, the portal leads them."""
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    await uow.students.get(project.id, code, scope)
    raise PortalIsLeading(leading="portal")


@router.delete("/{code}")
async def remove_student(caller: Changer, uow: Work, project_id: PathId, code: StudentPath) -> Deleted:
    """Delete a student who is no longer in the portal from this project; 409 while the copy has him."""
    scope = caller.scope(Permission.CHANGE_DESKTOP)
    project, removed = await delete_student(uow, ProjectId(project_id), code, scope)
    return Deleted(project=project.id, revision=project.revision, placements=len(removed.placements))


async def card_of(uow: DesktopUnitOfWork, project: ProjectId, code: StudentCode, scope: Scope) -> StudentCard:
    """A student with his address and timetable. Raises NotFound."""
    row = await uow.students.card(project, code, scope)
    placed = await uow.students.placements_of([code], [project])
    lessons = await uow.lesson_groups.lessons_of([p.lesson_group_id for p in placed if p.lesson_group_id])
    return StudentCard(
        **shown(row),
        address=Address.model_validate(row, from_attributes=True),
        placements=[_placement(one, lessons) for one in placed],
    )


def shown(row: Found) -> dict[str, Any]:
    """A student in a list."""
    home_class = None
    if row.home_class_id is not None:
        home_class = ShownHomeClass(id=row.home_class_id, code=row.home_class_code)
    return {
        "code": row.code,
        "given_name": row.given_name,
        "prefix": row.prefix,
        "family_name": row.family_name,
        "branch": row.branch_id,
        "department": row.department_id,
        "home_class": home_class,
    }


def _placement(
    placed: Found, lessons: Mapping[LessonGroupId, Sequence[tuple[int, Slot | None]]]
) -> ShownPlacement:
    slots = (slot for _, slot in lessons.get(placed.lesson_group_id, ()))
    return ShownPlacement(
        subject=placed.subject_code,
        group=placed.group_code,
        lessons=[ShownLesson.of(slot) for slot in slots],
    )
