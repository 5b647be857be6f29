"""Which side leads the home classes of a department (Stamklasindeling): the portal says so."""

from collections.abc import Sequence

from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.changes import AuthorityChanged


async def note_authorities(uow: DesktopUnitOfWork, facts: Sequence[AuthorityChanged]) -> None:
    """Keep the newest word on each department that the copy has; it needs no refresh.

    Who would wait for one would meanwhile change home classes that the other side leads.
    """
    newest = {fact.department: fact for fact in sorted(facts, key=lambda fact: fact.version)}
    await uow.snapshots.keep_newest_authorities(list(newest.values()))
