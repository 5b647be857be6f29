"""The portal's side of "take the latest portal data" (verversen): a project as it stands now, in parts."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from portal.repositories.snapshots import Snapshot
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.copies import SendSnapshot, SnapshotFailed, SnapshotSent

ENROLMENTS_IN_A_PART = 200


async def send_snapshots(uow: PortalUnitOfWork, commands: Sequence[SendSnapshot]) -> None:
    """Tell each desktop that asks; of a project that the portal does not know it hears that.

    The time is taken before the look, never after it: all that was committed until then is in the snapshot.
    What was committed in between may be in it too, and then the desktop knows a thing more than the time
    promises; with a time taken afterwards it could miss a thing that it promises.
    """
    taken_at = clock.now()
    snapshots = await uow.snapshots.of({command.project for command in commands})
    for command in commands:
        snapshot = snapshots.get(command.project)
        if snapshot is None:
            failed = SnapshotFailed(refresh=command.refresh, error="unknown_project", at=taken_at)
            uow.publish(failed, because=command)
        else:
            uow.publish(*_parts(command, snapshot, taken_at), because=command)


def snapshot_failed(command: SendSnapshot, error: str) -> SnapshotFailed:
    """What is said of a command that was given up just now."""
    return SnapshotFailed(refresh=command.refresh, error=error, at=clock.now())


def _parts(command: SendSnapshot, snapshot: Snapshot, taken_at: datetime) -> Iterator[SnapshotSent]:
    """The structure goes with the first; a project without students has that part alone."""
    told = snapshot.enrolments
    starts = range(0, max(len(told), 1), ENROLMENTS_IN_A_PART)
    for number, start in enumerate(starts, start=1):
        is_first = number == 1
        yield SnapshotSent(
            refresh=command.refresh,
            project=command.project,
            school=snapshot.school,
            taken_at=taken_at,
            part=number,
            parts=len(starts),
            departments=snapshot.departments if is_first else [],
            groups=snapshot.groups if is_first else [],
            subjects=snapshot.subjects if is_first else [],
            enrolments=told[start : start + ENROLMENTS_IN_A_PART],
        )
