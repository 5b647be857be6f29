"""Whom it concerns that a student left: the mentor, the teachers of the freed groups, the timetablers.

Each gets a notice, which the next digest tells (digest.py). A departure that is undone before that takes its
notices back, whichever of the two is heard first.
"""

from collections.abc import Collection, Sequence

from shared.clock import now
from shared.contracts.facts import DepartureCompleted, DepartureUndone
from shared.contracts.ids import UserCode
from shared.contracts.rights import Role
from shared.runtime.access import Scope
from users.models import HeldRole
from users.unit_of_work import UsersUnitOfWork


async def notice_departures(uow: UsersUnitOfWork, facts: Sequence[DepartureCompleted]) -> None:
    """A notice for each colleague it concerns; archived accounts get none."""
    at = now()
    undone = await uow.notices.hear([fact.departure for fact in facts], at, undone=False)
    timetablers = await uow.role_assignments.assigned(Role.TIMETABLER)
    concerned = [(fact, _concerned(fact, timetablers)) for fact in facts if fact.departure not in undone]
    known = await uow.users.among({code for _, codes in concerned for code in codes}, Scope(everything=True))
    await uow.notices.add(
        [
            {
                "departure": fact.departure,
                "recipient": code,
                "student": fact.student,
                "leaves_on": fact.leaves_on,
                "reason": fact.reason,
                "home_class": next((group.code for group in fact.freed if group.is_home_class), None),
                "groups": [group.code for group in fact.freed if code in group.staff],
                "created_at": at,
                "try_at": at,
                "attempts": 0,
            }
            for fact, codes in concerned
            for code in codes
            if code in known and known[code].is_staff and not known[code].is_archived
        ]
    )


async def take_back_notices(uow: UsersUnitOfWork, facts: Sequence[DepartureUndone]) -> None:
    """Nobody is told of these departures any more; who was told stays so."""
    departures = [fact.departure for fact in facts]
    await uow.notices.hear(departures, now(), undone=True)
    await uow.notices.take_back(departures)


def _concerned(
    fact: DepartureCompleted, timetablers: Collection[tuple[UserCode, HeldRole]]
) -> list[UserCode]:
    """Each once."""
    here = {code for code, held in timetablers if held.branch is None or held.branch == fact.branch}
    return sorted(here.union(*(group.staff for group in fact.freed)))
