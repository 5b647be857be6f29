"""What came after a look at the portal and counts more: departures, their undo, cleared ghosts, uploads."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from desktop_sync.models import Project
from desktop_sync.models.memory import Memory
from desktop_sync.models.snapshot import Snapshot
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import EnrolmentId, StudentCode


async def departed_from(
    uow: DesktopUnitOfWork, project: Project, enrolments: Mapping[EnrolmentId, StudentCode], as_of: datetime
) -> set[EnrolmentId]:
    """Those of these enrolments that departures keep out of the project."""
    works = defaultdict(list)
    for work in await uow.departures.of_students(set(enrolments.values())):
        works[work.student_code].append(work)
    return {
        enrolment
        for enrolment, student in enrolments.items()
        if any(work.keeps_out(project, enrolment, as_of) for work in works[student])
    }


async def as_it_is_now(
    uow: DesktopUnitOfWork, project: Project, snapshot: Snapshot, as_of: datetime
) -> Snapshot:
    """The snapshot without those who were taken out since, with those who were brought back, and with what
    uploads brought to the portal since.
    """
    enrolments = {one.id: one.student for one in snapshot.enrolments}
    gone = await departed_from(uow, project, enrolments, as_of)
    cleared = await uow.portal_copy.cleared_since(project.id, as_of)
    gone |= {enrolment for enrolment, student in enrolments.items() if student in cleared}
    copied = await uow.portal_copy.students_of(project.id)
    works = await uow.departures.of_students(copied)
    returned = {work.student_code for work in works if work.brought_back_since(as_of)}
    kept = await uow.portal_copy.enrolments_of(project.id, returned)
    uploaded = await uow.uploads.settled_since(project.id, as_of)
    return snapshot.without(gone).seating(uploaded).keeping(returned, kept)


async def no_longer_awaited(
    uow: DesktopUnitOfWork, project: Project, students: Collection[StudentCode]
) -> None:
    """Who comes anew into a project where he waited to go is there by right: nobody is to take him over."""
    for work in await uow.departures.awaiting(project.id, students):
        if work.taken_over(project.id, Memory()):
            uow.publish(work.answer())
