"""Leftovers: the standing list of what people forgot, and its repair."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from portal.api.depends import Work, settings_of
from portal.api.students import NameShown, name_of
from portal.features.leftover_repair import repair_leftovers
from portal.models.leftover import Leftover, LeftoverKind, Pick
from portal.models.student import Enrolment, Person
from portal.repositories.leftovers import Filters
from shared import clock
from shared.contracts.commands import MOST_STUDENTS
from shared.contracts.ids import (
    AStudentCode,
    BranchId,
    DepartureId,
    EnrolmentId,
    ProjectId,
    SchoolId,
    StudentCode,
)
from shared.contracts.rights import Permission
from shared.contracts.values import EnrolmentKind
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import CleanText, Id, Input, QueryId
from shared.runtime.paging import DEFAULT, Cursor, Limit, Page

router = APIRouter(prefix="/leftovers", tags=["leftovers"])

Leaver = Annotated[Caller, Allowed(Permission.DEPART)]


class LeftoverShown(BaseModel):
    """`enrolments` and `prognoses` live at that school; in `projects` of the desktop he is a ghost.

    `since` he is archived, where that is what is wrong.
    """

    kind: LeftoverKind
    student: StudentCode
    name: NameShown | None
    school: SchoolId
    branch: BranchId
    enrolments: list[EnrolmentId]
    prognoses: list[EnrolmentId]
    projects: list[ProjectId]
    since: datetime | None


class LeftoversShown(Page[LeftoverShown]):
    counts: dict[LeftoverKind, int]


class PickInput(Input):
    kind: LeftoverKind
    student: AStudentCode
    project: Id | None = None

    def pick(self) -> Pick:
        return Pick(self.kind, self.student, ProjectId(self.project) if self.project else None)


class RepairInput(Input):
    items: Annotated[list[PickInput], Field(min_length=1, max_length=MOST_STUDENTS)]
    confirm_threshold: bool = False

    def picks(self) -> list[Pick]:
        """What was picked, each once."""
        return list(dict.fromkeys(one.pick() for one in self.items))


class RepairShown(BaseModel):
    """He leaves, by this departure, or is cleared from this desktop project."""

    kind: LeftoverKind
    student: StudentCode
    departure: DepartureId | None
    project: ProjectId | None


class RepairsBegun(BaseModel):
    batch: UUID | None
    items: list[RepairShown]


@router.get("")
async def list_leftovers(  # noqa: PLR0913, PLR0917 - the filters of the list
    caller: Leaver,
    uow: Work,
    kind: LeftoverKind | None = None,
    branch: QueryId | None = None,
    q: Annotated[CleanText, Query(max_length=100)] = "",
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> LeftoversShown:
    """What of students was forgotten, by student code; nobody whose departure is planned or under way."""
    scope = caller.scope(Permission.DEPART)
    filters = Filters(kind, BranchId(branch) if branch else None, q)
    keyset = uow.leftovers.keyset(limit, cursor)
    rows = await uow.leftovers.page(keyset, scope, filters)
    year = clock.school_year_of(clock.today())
    live = await uow.enrolments.of({leftover.student for leftover, _ in rows}, since=year)
    page = keyset.page(
        rows,
        lambda row: _show(*row, live[row[0].student], year),
        lambda row: (row[0].student, row[0].kind, row[0].branch),
    )
    counts = await uow.leftovers.counts(scope, filters)
    return LeftoversShown(items=page.items, next=page.next, counts=counts)


@router.post("/repair", status_code=202, response_model=RepairsBegun)
async def repair(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Leaver,
    uow: Work,
    request: Request,
    response: Response,
    body: RepairInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Let the rest of these students go too: all of what was picked, or nothing of it."""

    async def act() -> dict[str, Any]:
        batch, repairs = await repair_leftovers(
            uow,
            body.picks(),
            caller.scope(Permission.DEPART),
            requested_by=caller.code,
            threshold=settings_of(request).departure_threshold,
            threshold_confirmed=body.confirm_threshold,
        )
        items = [
            RepairShown(
                kind=one.pick.kind, student=one.pick.student, departure=one.departure, project=one.project
            )
            for one in repairs
        ]
        return RepairsBegun(batch=batch, items=items).model_dump(mode="json")

    reply = await answer_once(request, uow, key, act)
    if reply["batch"]:
        response.headers["Location"] = f"/departures?batch={reply['batch']}"
    return reply


def _show(
    leftover: Leftover, person: Person | None, live: Sequence[Enrolment], school_year: int
) -> LeftoverShown:
    ids: defaultdict[EnrolmentKind, list[EnrolmentId]] = defaultdict(list)
    for enrolment in live:
        if enrolment.school_id == leftover.school:
            ids[enrolment.kind_in(school_year)].append(enrolment.id)
    return LeftoverShown(
        kind=leftover.kind,
        student=leftover.student,
        name=name_of(person),
        school=leftover.school,
        branch=leftover.branch,
        enrolments=ids[EnrolmentKind.ENROLMENT],
        prognoses=ids[EnrolmentKind.PROGNOSIS],
        projects=list(leftover.projects),
        since=leftover.since,
    )
