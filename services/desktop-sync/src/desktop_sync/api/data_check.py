from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from desktop_sync.api.access import Changer, Reader, Work
from desktop_sync.api.data_check_shown import ShownDifference, ShownTakenOver
from desktop_sync.api.projects import tag
from desktop_sync.features.take_over import (
    TakenOver,
    take_over_departments,
    take_over_home_classes,
    take_over_packages,
)
from desktop_sync.repositories.data_check import Difference, Filter, Sides
from shared.contracts.commands import MOST_STUDENTS
from shared.contracts.ids import AStudentCode, DepartmentId, ProjectId
from shared.contracts.rights import Permission
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import CleanText, Input, PathId, QueryId
from shared.runtime.paging import DEFAULT, Cursor, Limit, Page, PersonKeyset


class DataCheck(Page[ShownDifference]):
    """How many differences there are of each kind, and a page of those of one."""

    counts: dict[Difference, int]


class TakeOverKind(StrEnum):
    """What is taken over at once: <Afdeling> is who left, who is new and who moved."""

    DEPARTMENT = "department"
    HOME_CLASS = "home_class"
    CHOICE_PACKAGE = "choice_package"


_TAKE_OVER: dict[TakeOverKind, Callable[..., Awaitable[TakenOver]]] = {
    TakeOverKind.DEPARTMENT: take_over_departments,
    TakeOverKind.HOME_CLASS: take_over_home_classes,
    TakeOverKind.CHOICE_PACKAGE: take_over_packages,
}


class TakenOverInput(Input):
    """Of these students, or of all."""

    kind: TakeOverKind
    students: Annotated[list[AStudentCode], Field(min_length=1, max_length=MOST_STUDENTS)] | None = None


router = APIRouter(prefix="/projects/{project_id}", tags=["data check"])


@router.get("/data-check")
async def check_data(  # noqa: PLR0913, PLR0917 - a list has filters and a page
    caller: Reader,
    uow: Work,
    project_id: PathId,
    response: Response,
    kind: Difference = Difference.LEFT,
    department: QueryId | None = None,
    q: Annotated[CleanText, Query(max_length=100)] = "",
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> DataCheck:
    """Differences between the copy of the portal and the project (gegevenscontrole), of one kind, by name.

    The counts are of all kinds, under the same filters.
    """
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    sides = Sides(project.id)
    wanted = Filter(None if department is None else DepartmentId(department), q)
    keyset = PersonKeyset(limit, cursor, sides.sort_key, sides.code)
    rows = await uow.data_check.page(keyset, sides, scope, kind, wanted)
    awaited = await uow.departures.awaiting(project.id, [row.code for row in rows])
    works = {work.student_code: work for work in awaited}
    page = keyset.page(
        rows, lambda row: ShownDifference.of(kind, row, works.get(row.code)), lambda row: (row.code,)
    )
    tag(response, project)
    counts = await uow.data_check.counts(sides, scope, wanted)
    return DataCheck(counts=counts, items=page.items, next=page.next)


@router.post("/take-over", response_model=ShownTakenOver)
async def take_over(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Changer,
    uow: Work,
    request: Request,
    project_id: PathId,
    body: TakenOverInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Take differences over into the project; what was taken over already changes nothing."""

    async def act() -> dict[str, Any]:
        scope = caller.scope(Permission.CHANGE_DESKTOP)
        taken = await _TAKE_OVER[body.kind](uow, ProjectId(project_id), scope, body.students)
        return ShownTakenOver.of(taken).model_dump(mode="json")

    return await answer_once(request, uow, key, act)
