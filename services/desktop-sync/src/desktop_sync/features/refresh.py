"""Open or refresh a project (openen, verversen: "take the latest portal data", the cloud button).

The portal is asked for structure and enrolments, users for the people that are newer than ours. Their
answers come in pieces and in any order; when the last one is here the copy of the project changes at once
and gets the older of the two times. The project itself stays as it is, and so does its revision: what
differs from the copy now shows in the data check, until somebody takes it over.
"""

from collections.abc import Sequence

from desktop_sync.features.look_back import as_it_is_now, no_longer_awaited
from desktop_sync.models import Refresh, RefreshKind
from desktop_sync.models.snapshot import Snapshot
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.copies import KnownPerson, RepublishPeople, SendSnapshot
from shared.contracts.facts import PersonChanged
from shared.contracts.ids import ProjectId, UserCode
from shared.runtime.access import Scope


async def ask_for_refresh(
    uow: DesktopUnitOfWork, project_id: ProjectId, scope: Scope, kind: RefreshKind
) -> Refresh:
    """Begin one, or join the one under way; one that nobody answered for a minute is given up for it.

    Raises NotFound.
    """
    project = await uow.projects.get(project_id, scope)
    there = await uow.refreshes.lock_under_way(project.id)
    if there is not None and not there.is_late:
        return there
    if there is not None:
        there.failed("no_answer")
        await uow.refreshes.take_parts(there.id)
        await uow.session.flush()
    refresh = Refresh.begun(project.id, kind, UserCode(uow.origin.actor))
    if not await uow.refreshes.begin(refresh):
        return (await uow.refreshes.under_way([project.id]))[project.id]
    known = await uow.people.known_of(project.id)
    uow.publish(
        SendSnapshot(refresh=refresh.id, project=project.id, requested_by=refresh.requested_by),
        RepublishPeople(
            refresh=refresh.id,
            project=project.id,
            known=[KnownPerson(user=UserCode(code), version=version) for code, version in known.items()],
            requested_by=refresh.requested_by,
        ),
    )
    uow.record(f"project.{kind}", "project", [project.id])
    return refresh


async def end_refreshes(uow: DesktopUnitOfWork, _: Sequence[PersonChanged]) -> None:
    """After people came: those refreshes are done that waited for nobody else.

    Who brings people brings them first and takes the locks then, and who names them locks before he looks: of
    two at the same time the later one sees what the other did.
    """
    await end_complete(uow, await uow.refreshes.lock_asked())


async def end_complete(uow: DesktopUnitOfWork, refreshes: Sequence[Refresh]) -> None:
    """Of these, which are locked, take those to the copy that are complete."""
    arrived = [refresh for refresh in refreshes if refresh.has_arrived]
    if not arrived:
        return
    known = await uow.people.versions({code for one in arrived for code in one.codes})
    for refresh in arrived:
        if refresh.has_all_of(known):
            await _take_to_copy(uow, refresh)


async def _take_to_copy(uow: DesktopUnitOfWork, refresh: Refresh) -> None:
    locked = await uow.projects.lock_with_schools([refresh.project_id])
    project = next(one for one in locked if one.id == refresh.project_id)
    snapshot = Snapshot.of(await uow.refreshes.take_parts(refresh.id))
    newest = await uow.snapshots.newest(project.id)
    if refresh.portal_at is None or (newest is not None and refresh.portal_at < newest):
        # An import looked later than the portal did for us.
        refresh.done(newest or refresh.as_of)
        return
    snapshot = await as_it_is_now(uow, project, snapshot, refresh.portal_at)
    await uow.snapshots.bring(snapshot)
    await no_longer_awaited(uow, project, snapshot.students)
    await uow.snapshots.date(project.id, snapshot.branches, refresh.as_of)
    refresh.done(refresh.as_of)
    uow.record("copy.refresh", "project", [project.id], on_behalf_of=refresh.requested_by)
