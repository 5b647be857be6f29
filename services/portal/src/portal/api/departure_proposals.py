"""Departures that an import of students proposes: look, accept, dismiss."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from portal.api.departures_shown import DepartureShown, show_departure
from portal.api.depends import Work, settings_of
from portal.api.students import NameShown, name_of
from portal.features.departure_outlook import Wish
from portal.features.departure_proposals import accept_proposals, dismiss_proposals
from portal.models.departure_proposal import DepartureProposal, ProposalState
from portal.models.student import Person
from shared.contracts.commands import MOST_STUDENTS
from shared.contracts.ids import BranchId, DepartureId, SchoolId, StudentCode, UserCode
from shared.contracts.rights import Permission
from shared.contracts.values import DepartureReason, GuardianPolicy, PrognosisPolicy
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import CleanText, Day, Input
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page

router = APIRouter(prefix="/departure-proposals", tags=["departures"])

Leaver = Annotated[Caller, Allowed(Permission.DEPART)]
Proposals = Annotated[list[UUID], Field(min_length=1, max_length=MOST_STUDENTS)]


class AcceptInput(Input):
    proposals: Proposals
    leaves_on: Day | None = None
    reason: DepartureReason
    prognoses: PrognosisPolicy = PrognosisPolicy.REMOVE
    guardians: GuardianPolicy = GuardianPolicy.KEEP
    confirm_threshold: bool = False

    def wish(self) -> Wish:
        return Wish((), self.leaves_on, self.reason, self.prognoses, self.guardians)


class DismissInput(Input):
    proposals: Proposals


class ProposalShown(BaseModel):
    id: UUID
    student: StudentCode
    name: NameShown | None
    school: SchoolId
    branch: BranchId
    source: str
    state: ProposalState
    proposed_at: datetime
    ended_at: datetime | None
    ended_by: UserCode | None
    departure: DepartureId | None

    @classmethod
    def of(cls, proposal: DepartureProposal, person: Person | None) -> Self:
        return cls(
            id=proposal.id,
            student=proposal.student_code,
            name=name_of(person),
            school=proposal.school_id,
            branch=proposal.branch_id,
            source=proposal.source,
            state=proposal.state,
            proposed_at=proposal.proposed_at,
            ended_at=proposal.ended_at,
            ended_by=proposal.ended_by,
            departure=proposal.departure_id,
        )


class ProposalsAccepted(BaseModel):
    """The departures that began, in one batch for each school."""

    items: list[DepartureShown]


class ProposalsDismissed(BaseModel):
    items: list[ProposalShown]


@router.get("")
async def list_proposals(  # noqa: PLR0913, PLR0917 - the filters of the list
    caller: Leaver,
    uow: Work,
    state: ProposalState | None = None,
    source: Annotated[CleanText | None, Query(max_length=40)] = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[ProposalShown]:
    """Who is gone from a school's own list, in the order it was noticed."""
    keyset = Keyset(limit, cursor, DepartureProposal.id)
    scope = caller.scope(Permission.DEPART)
    found = await uow.departure_proposals.search(scope, keyset, state=state, source=source)
    people = await uow.people.named({proposal.student_code for proposal in found})
    return keyset.page(
        found,
        lambda proposal: ProposalShown.of(proposal, people.get(proposal.student_code)),
        lambda proposal: (proposal.id,),
    )


@router.post("/accept", status_code=202, response_model=ProposalsAccepted)
async def accept(
    caller: Leaver, uow: Work, request: Request, body: AcceptInput, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Let these students leave: all of the list, or nothing of it."""

    async def act() -> dict[str, Any]:
        departures = await accept_proposals(
            uow,
            set(body.proposals),
            body.wish(),
            caller.scope(Permission.DEPART),
            requested_by=caller.code,
            threshold=settings_of(request).departure_threshold,
            threshold_confirmed=body.confirm_threshold,
        )
        begun = ProposalsAccepted(items=[show_departure(one) for one in departures])
        return begun.model_dump(mode="json")

    return await answer_once(request, uow, key, act)


@router.post("/dismiss", response_model=ProposalsDismissed)
async def dismiss(
    caller: Leaver, uow: Work, request: Request, body: DismissInput, key: IdempotencyKey = None
) -> dict[str, Any]:
    """They stay; the same source proposes them again only after it has seen them."""

    async def act() -> dict[str, Any]:
        scope = caller.scope(Permission.DEPART)
        dismissed = await dismiss_proposals(uow, set(body.proposals), scope, caller.code)
        people = await uow.people.named({proposal.student_code for proposal in dismissed})
        shown = [ProposalShown.of(one, people.get(one.student_code)) for one in dismissed]
        return ProposalsDismissed(items=shown).model_dump(mode="json")

    return await answer_once(request, uow, key, act)
