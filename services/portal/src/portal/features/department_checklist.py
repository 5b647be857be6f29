"""What is still to be done after a change of department; each step closes by itself.

The handbook: after the choice of another department (afdeling) come the package (keuzepakket), the home class
where the portal leads, the connector's refresh and <Afdeling>, the placement by options, and the upload.
Whoever does one of these marks it here, in the transaction of what he did.
"""

from collections.abc import Collection, Mapping, Sequence

from portal.models.department_change import DepartmentChange, FollowUp
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.facts import StudentListed
from shared.contracts.ids import EnrolmentId


async def close_package_steps(uow: PortalUnitOfWork, enrolments: Collection[EnrolmentId]) -> None:
    """Somebody decided on the packages of these enrolments."""
    await _mark(uow, FollowUp.CHOICE_PACKAGE, dict.fromkeys(enrolments, True))


async def mark_home_class_steps(uow: PortalUnitOfWork, has_class: Mapping[EnrolmentId, bool]) -> None:
    """These enrolments have a home class now, or have none again."""
    await _mark(uow, FollowUp.HOME_CLASS, has_class)


async def close_upload_steps(uow: PortalUnitOfWork, enrolments: Collection[EnrolmentId]) -> None:
    """An upload of the desktop brought the placements of these enrolments, or found them here already."""
    await _mark(uow, FollowUp.UPLOAD, dict.fromkeys(enrolments, True))


async def _mark(uow: PortalUnitOfWork, step: FollowUp, is_done: Mapping[EnrolmentId, bool]) -> None:
    if not is_done:
        return
    now = clock.now()
    for change in await uow.department_changes.lock_open_of(enrolments=is_done):
        change.mark(step, now, is_done=is_done[change.enrolment_id])


async def note_desktop(uow: PortalUnitOfWork, facts: Sequence[StudentListed]) -> None:
    """The desktop took students over, or placed them; its newest word counts, and is kept already."""
    changes = await uow.department_changes.lock_open_of(students={fact.student for fact in facts})
    if changes:
        await mark_by_desktop(uow, changes)


async def mark_by_desktop(uow: PortalUnitOfWork, changes: Sequence[DepartmentChange]) -> None:
    """Close what the desktop has done already by its newest word on each student."""
    presences = await uow.desktop_presences.of({change.student_code for change in changes})
    now = clock.now()
    for change in changes:
        change.note_desktop(presences[change.student_code], now)
