"""Who is gone from a school's own list is proposed to leave; a person accepts or dismisses it.

A list that breaks off halfway is harmless: when more are gone than a school loses by intention, nobody is
proposed until that is confirmed. Of a later school year nobody is proposed either: who is not listed there
does not leave school today.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from portal.errors import UnknownProposals
from portal.features.departure import refuse_too_many, request_departures
from portal.features.departure_outlook import Wish
from portal.features.student_rows import StudentsGiven
from portal.models.departure import Departure
from portal.models.departure_proposal import DepartureProposal
from portal.repositories.branch_structures import BranchStructure
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import SchoolId, StudentCode, UserCode
from shared.runtime.access import Scope

OVER_THRESHOLD = "gone_over_threshold"
INCOMPLETE = "list_incomplete"
LATER_YEAR = "later_year"


@dataclass(frozen=True, slots=True)
class GoneFromList:
    """`held`: why nobody is proposed, if so."""

    students: Sequence[StudentCode]
    proposed: Sequence[StudentCode]
    withdrawn: Sequence[StudentCode]
    held: str | None


async def propose_departures(
    uow: PortalUnitOfWork, given: StudentsGiven, structure: BranchStructure, *, threshold: int
) -> GoneFromList:
    """Propose who is enrolled here, not in the list, and not about to leave already.

    Whoever is in the list again, or not enrolled any more, is no longer proposed, nor held to be dismissed.
    """
    listed = {row.code for row in given.rows}.union(given.seen)
    missing = await uow.branch_structures.enrolled(structure) - listed
    departures = await uow.departures.of_students(missing)
    gone = sorted(code for code in missing if not any(one.is_open for one in departures[code]))
    standing = await uow.departure_proposals.standing(structure.branch.id, given.source)
    by, now = UserCode(uow.origin.actor), clock.now()
    over = [proposal for proposal in standing if proposal.student_code not in gone]
    for proposal in over:
        proposal.withdraw(by, now)
    new = sorted(set(gone) - {proposal.student_code for proposal in standing})
    held = _held(given, structure, new, threshold)
    proposed = [] if held else new
    proposals = [
        DepartureProposal.of(code, structure.school.id, structure.branch.id, given.source, now)
        for code in proposed
    ]
    uow.departure_proposals.add(proposals)
    uow.record("departure.propose", "departure_proposal", [one.id for one in proposals], reason=given.source)
    uow.record("departure.withdraw", "departure_proposal", [one.id for one in over], reason=given.source)
    return GoneFromList(gone, proposed, sorted(one.student_code for one in over), held)


async def accept_proposals(  # noqa: PLR0913 - what is accepted, how they leave, by whom, and what he confirmed
    uow: PortalUnitOfWork,
    ids: Collection[UUID],
    wish: Wish,
    scope: Scope,
    *,
    requested_by: UserCode,
    threshold: int,
    threshold_confirmed: bool,
) -> list[Departure]:
    """Let them leave, each the school that misses him: all of the list, or nothing of it.

    Raises ThresholdExceeded, UnknownProposals, ProposalNotOpen, and as request_departures.
    """
    proposals = await _open(uow, ids, scope)
    if not threshold_confirmed:
        refuse_too_many({proposal.student_code for proposal in proposals}, threshold)
    # All of them at once: locked school by school, two lists could wait for each other.
    await uow.students.lock({proposal.student_code for proposal in proposals})
    by_school: defaultdict[SchoolId, list[StudentCode]] = defaultdict(list)
    for proposal in proposals:
        by_school[proposal.school_id].append(proposal.student_code)
    begun: dict[tuple[SchoolId, StudentCode], Departure] = {}
    for school, students in by_school.items():
        _, departures = await request_departures(
            uow,
            replace(wish, school=school, students=sorted(set(students))),
            scope,
            requested_by=requested_by,
            threshold=threshold,
            threshold_confirmed=True,
        )
        begun |= {(school, departure.student_code): departure for departure in departures}
    for proposal in proposals:
        proposal.accept(begun[proposal.school_id, proposal.student_code].id, requested_by, clock.now())
    uow.record("departure.accept", "departure_proposal", [one.id for one in proposals])
    return list(begun.values())


async def dismiss_proposals(
    uow: PortalUnitOfWork, ids: Collection[UUID], scope: Scope, by: UserCode
) -> list[DepartureProposal]:
    """They stay: all of the list, or nothing of it. Raises UnknownProposals, ProposalNotOpen."""
    proposals = await _open(uow, ids, scope)
    for proposal in proposals:
        proposal.dismiss(by, clock.now())
    uow.record("departure.dismiss", "departure_proposal", [one.id for one in proposals])
    return proposals


async def _open(uow: PortalUnitOfWork, ids: Collection[UUID], scope: Scope) -> list[DepartureProposal]:
    proposals = list(await uow.departure_proposals.lock(ids, scope))
    if unknown := sorted(str(one) for one in set(ids) - {proposal.id for proposal in proposals}):
        raise UnknownProposals(proposals=unknown)
    for proposal in proposals:
        proposal.refuse_unless_open()
    return proposals


def _held(
    given: StudentsGiven, structure: BranchStructure, new: Collection[StudentCode], threshold: int
) -> str | None:
    if structure.project.school_year > clock.school_year_of(clock.today()):
        return LATER_YEAR
    if not given.complete:
        return INCOMPLETE
    return OVER_THRESHOLD if len(new) > threshold and not given.confirmed else None
