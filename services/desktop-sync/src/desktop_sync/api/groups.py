from fastapi import APIRouter, Response
from pydantic import BaseModel

from desktop_sync.api.access import Reader, Work
from desktop_sync.api.lessons import ShownGroupLesson
from desktop_sync.api.projects import tag
from desktop_sync.models import LessonGroup
from desktop_sync.models.lesson_group import LessonGroupId
from shared.contracts.ids import DepartmentId, GroupId, ProjectId
from shared.contracts.rights import Permission
from shared.runtime.input import PathId, QueryId
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page


class ShownGroup(BaseModel):
    """A lesson group with its counted size: what is left below `soft_max` or `hard_max` are free seats."""

    id: LessonGroupId
    code: str
    name: str | None
    subject: str
    home_class: GroupId | None
    size: int
    soft_max: int
    hard_max: int
    lessons: list[ShownGroupLesson]


router = APIRouter(prefix="/projects/{project_id}/groups", tags=["groups"])


@router.get("")
async def list_groups(  # noqa: PLR0913, PLR0917 - a list has filters and a page
    caller: Reader,
    uow: Work,
    project_id: PathId,
    response: Response,
    department: QueryId | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[ShownGroup]:
    """Lesson groups, of one department or of all, by code."""
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    keyset = Keyset(limit, cursor, LessonGroup.code, LessonGroup.id)
    wanted = None if department is None else DepartmentId(department)
    rows = await uow.lesson_groups.page(keyset, project.id, scope, wanted)
    lessons = await uow.lesson_groups.lessons_of([group.id for group, _ in rows])
    tag(response, project)
    return keyset.page(
        rows,
        lambda row: _show(row[0], row[1], [ShownGroupLesson.at(*one) for one in lessons.get(row[0].id, [])]),
        lambda row: (row[0].code, row[0].id),
    )


def _show(group: LessonGroup, size: int, lessons: list[ShownGroupLesson]) -> ShownGroup:
    return ShownGroup(
        id=group.id,
        code=group.code,
        name=group.name,
        subject=group.subject_code,
        home_class=group.home_class_id,
        size=size,
        soft_max=group.soft_max,
        hard_max=group.hard_max,
        lessons=lessons,
    )
