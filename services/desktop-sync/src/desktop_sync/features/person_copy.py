"""Name and address (handbook "NAW"): users leads, the desktop keeps a copy that nothing here can edit."""

from collections.abc import Sequence

from desktop_sync.models import Person
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.facts import PersonChanged
from shared.contracts.values import UserKind


async def note_people(uow: DesktopUnitOfWork, facts: Sequence[PersonChanged]) -> None:
    """Keep the newest word of users on each student; staff are none of the desktop's business."""
    newest = {
        fact.user: fact
        for fact in sorted(facts, key=lambda fact: (fact.user, fact.version))
        if fact.kind is UserKind.STUDENT
    }
    await uow.people.keep_newest([Person.as_told(fact) for fact in newest.values()])
