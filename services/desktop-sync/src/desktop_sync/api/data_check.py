from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from desktop_sync.api.access import Changer, Reader, Work
from desktop_sync.api.projects import tag
from desktop_sync.api.students import ShownStudent, shown
from desktop_sync.features.take_over import take_over_leavers
from desktop_sync.repositories.data_check import Difference
from desktop_sync.repositories.students import BY_NAME
from shared.contracts.commands import MOST_STUDENTS
from shared.contracts.ids import AStudentCode, DepartureId, ProjectId, StudentCode
from shared.contracts.rights import Permission
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import Input, PathId
from shared.runtime.paging import DEFAULT, Cursor, Limit, Page, PersonKeyset


class ShownLeaver(ShownStudent):
    """A student in the project whom the copy no longer has.

    A `departure` waits for his being taken over, and he has been gone from the copy `since`; both None when
    he left otherwise.
    """

    kind: Literal[Difference.LEFT] = Difference.LEFT
    since: datetime | None
    departure: DepartureId | None


class DataCheck(Page[ShownLeaver]):
    """How many differences there are of each kind, and a page of them."""

    counts: dict[Difference, int]


class TakenOverInput(Input):
    """<Afdeling>: of these students, or of all."""

    kind: Literal["department"]
    students: Annotated[list[AStudentCode], Field(min_length=1, max_length=MOST_STUDENTS)] | None = None


class TakenOver(BaseModel):
    """Who went out of the project."""

    project: ProjectId
    revision: int
    left: list[StudentCode]


router = APIRouter(prefix="/projects/{project_id}", tags=["data check"])


@router.get("/data-check")
async def check_data(  # noqa: PLR0913, PLR0917 - a list has filters and a page
    caller: Reader,
    uow: Work,
    project_id: PathId,
    response: Response,
    kind: Difference = Difference.LEFT,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> DataCheck:
    """Differences between the copy of the portal and the project (gegevenscontrole), of one kind, by name."""
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    keyset = PersonKeyset(limit, cursor, *BY_NAME)
    rows = await uow.data_check.page(keyset, project.id, scope, kind)
    awaited = await uow.departures.awaiting(project.id, [row.code for row in rows])
    works = {work.student_code: work for work in awaited}

    def show(row: Any) -> ShownLeaver:
        work = works.get(row.code)
        return ShownLeaver(**shown(row), since=work and work.at, departure=work and work.departure)

    page = keyset.page(rows, show, lambda row: (row.code,))
    tag(response, project)
    counts = await uow.data_check.counts(project.id, scope)
    return DataCheck(counts=counts, items=page.items, next=page.next)


@router.post("/take-over", response_model=TakenOver)
async def take_over(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Changer,
    uow: Work,
    request: Request,
    project_id: PathId,
    body: TakenOverInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Take the differences of departments over into the project: leavers go."""

    async def act() -> dict[str, Any]:
        project, left = await take_over_leavers(
            uow, ProjectId(project_id), caller.scope(Permission.CHANGE_DESKTOP), body.students
        )
        return TakenOver(project=project.id, revision=project.revision, left=list(left)).model_dump(
            mode="json"
        )

    return await answer_once(request, uow, key, act)
