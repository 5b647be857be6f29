"""What the portal and users answer to a refresh, in any order, twice or too late."""

from collections.abc import Sequence

from desktop_sync.features.refresh import end_complete
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.copies import PeopleFailed, PeopleRepublished, SnapshotFailed, SnapshotSent


async def note_parts(uow: DesktopUnitOfWork, parts: Sequence[SnapshotSent]) -> None:
    """Keep the parts of snapshots that are waited for, and end what is complete."""
    asked = {one.id: one for one in await uow.refreshes.lock_asked(part.refresh for part in parts)}
    wanted = [part for part in parts if part.refresh in asked and asked[part.refresh].begins_with(part)]
    await uow.refreshes.keep_parts(wanted)
    for refresh, arrived in (await uow.refreshes.count_parts(asked)).items():
        asked[refresh].has_parts(arrived)
    await end_complete(uow, list(asked.values()))


async def note_named_people(uow: DesktopUnitOfWork, facts: Sequence[PeopleRepublished]) -> None:
    """Remember who must be here, and end what is complete; the people themselves come by their own facts."""
    asked = {one.id: one for one in await uow.refreshes.lock_asked(fact.refresh for fact in facts)}
    for fact in facts:
        if fact.refresh in asked:
            asked[fact.refresh].names(fact)
    await end_complete(uow, list(asked.values()))


async def fail_refreshes(uow: DesktopUnitOfWork, facts: Sequence[SnapshotFailed | PeopleFailed]) -> None:
    """One of the two cannot answer: the copy stays as it is."""
    asked = {one.id: one for one in await uow.refreshes.lock_asked(fact.refresh for fact in facts)}
    for fact in facts:
        if refresh := asked.pop(fact.refresh, None):
            refresh.failed(fact.error)
            await uow.refreshes.take_parts(refresh.id)
