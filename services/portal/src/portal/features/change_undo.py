"""Taking back one change of a student, from his history: home class, department or choice package.

Only while nothing later stands on it; else what came later is named, and is to be taken back first. A change
of department brings the old enrolment back under its old id, with what hung on it as far as that still fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from portal.features.choice_package import PackageRound, PackageWish
from portal.features.department_change import tell_department
from portal.features.history import note_change
from portal.features.home_class_change import FullWarning, HomeClassRound
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight
from portal.features.undo_outlook import UndoOutlook, overtaken, told
from portal.models.department_change import DepartmentChange
from portal.models.history_entry import HistoryEntry, HistoryWhat
from portal.models.student import Enrolment
from portal.repositories.seats import Seats
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import StudentCode
from shared.contracts.rights import Permission
from shared.errors import NotFound
from shared.runtime.access import RoleHolder


@dataclass(frozen=True, slots=True)
class ChangeUndone:
    """`enrolment` is as it was before the change; `left_over` is what no longer fits."""

    entry: HistoryEntry
    student: StudentCode
    version: int
    enrolment: Enrolment
    left_over: Sequence[dict[str, str]] = ()
    warnings: Sequence[FullWarning] = field(default=())


async def undo_change(
    uow: PortalUnitOfWork, student: StudentCode, entry_id: UUID, asker: RoleHolder, *, refuse_full: bool
) -> ChangeUndone:
    """Take back what this entry of his history tells.

    Raises NotFound, ClassFull, and as UndoOutlook.enrolment.
    """
    scope = asker.scope(Permission.CHANGE_PLACEMENTS)
    sight = await PlacementSight.of_students(uow, [student])
    entry = await uow.history.find(student, entry_id, scope)
    if entry is None or not await uow.students.is_visible(student, scope):
        raise NotFound
    outlook = await UndoOutlook.of(uow, asker, sight, [entry])
    enrolment = outlook.enrolment(entry)
    match entry.what:
        case HistoryWhat.HOME_CLASS:
            done = await _undo_home_class(uow, sight, entry, enrolment, refuse_full=refuse_full)
        case HistoryWhat.CHOICE_PACKAGE:
            done = await _undo_package(uow, outlook.choosing, entry, enrolment)
        case _:
            done = await _undo_department(uow, sight, entry, enrolment, outlook.changes[entry.id])
    return done


async def _undo_home_class(
    uow: PortalUnitOfWork,
    sight: PlacementSight,
    entry: HistoryEntry,
    enrolment: Enrolment,
    *,
    refuse_full: bool,
) -> ChangeUndone:
    group = told(entry)[0]["home_class"]
    moving = await HomeClassRound.of(uow, sight, [group], refuse_full=refuse_full)
    moving.move(enrolment, group)
    moving.check_room(group)
    [noted] = await moving.carry_out(uow, undoes=entry.id)
    return _done(sight, noted, enrolment, warnings=moving.warnings())


async def _undo_package(
    uow: PortalUnitOfWork, choosing: PackageRound, entry: HistoryEntry, enrolment: Enrolment
) -> ChangeUndone:
    before, sight = told(entry)[0], choosing.sight
    choosing.choose(enrolment, PackageWish(enrolment.id, before["subjects"], before["profile"]))
    [noted] = await choosing.carry_out(uow, undoes=entry.id)
    live = await uow.enrolments.of([enrolment.student_code], since=sight.year)
    [fresh] = [one for one in live[enrolment.student_code] if one.id == enrolment.id]
    return _done(sight, noted, fresh)


async def _undo_department(
    uow: PortalUnitOfWork,
    sight: PlacementSight,
    entry: HistoryEntry,
    enrolment: Enrolment,
    change: DepartmentChange,
) -> ChangeUndone:
    student, memory = sight.students[enrolment.student_code], change.memory
    # It goes first: he is not to stand in his own way.
    await uow.enrolments.remove([enrolment])
    beside = [one.id for one in sight.live[student.code] if one.created_at < change.at]
    seats = await Seats.of(uow.session, [(student.code, memory)], beside)
    left_over = seats.take(student.code, memory)
    if any(piece["what"].startswith("enrolment:") for piece in left_over):
        raise overtaken(entry, "there is no place for the old enrolment any more")
    await seats.fill()
    await uow.ended_enrolments.forget([memory["id"]])
    live = (await uow.enrolments.of([student.code], since=sight.year))[student.code]
    back = next(one for one in live if one.id == memory["id"])
    student.follow(enrolment, back, live, sight.year)
    change.undone_at = clock.now()
    before, after = told(entry)
    noted = note_change(
        uow,
        student.code,
        HistoryWhat.DEPARTMENT,
        back,
        enrolment=back.id,
        before=after,
        after=before | {"left_over": left_over},
        undoes=entry.id,
    )
    await announce_placement(uow, [student])
    tell_department(uow, change.id, student, enrolment.id, back)
    uow.record("department.undo", "enrolment", [enrolment.id], fields=["department"])
    return _done(sight, noted, back, left_over=left_over)


def _done(
    sight: PlacementSight,
    noted: HistoryEntry,
    enrolment: Enrolment,
    *,
    left_over: Sequence[dict[str, str]] = (),
    warnings: Sequence[FullWarning] = (),
) -> ChangeUndone:
    student = sight.students[enrolment.student_code]
    return ChangeUndone(noted, student.code, student.version, enrolment, left_over, warnings)
