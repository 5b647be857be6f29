"""Taking back one change of a student, from his history: home class, department or choice package.

Only while nothing later stands on it; else what came later is named, and is to be taken back first. A change
of department brings the old enrolment back under its old id, with what hung on it as far as that still fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from portal.errors import AlreadyUndone, NotUndoable, Overtaken
from portal.features.choice_package import PackageRound, PackageWish
from portal.features.department_change import tell_department
from portal.features.history import note_change
from portal.features.home_class_change import FullWarning, HomeClassRound
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight
from portal.models.history_entry import HistoryEntry, HistoryWhat
from portal.models.student import Enrolment
from portal.repositories.seats import Seats
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import EnrolmentId, StudentCode
from shared.contracts.rights import Permission
from shared.contracts.values import Party
from shared.errors import NotAllowed, NotFound
from shared.runtime.access import RoleHolder, Scope

_STANDS_ON: Final = {
    HistoryWhat.HOME_CLASS: {HistoryWhat.HOME_CLASS},
    HistoryWhat.CHOICE_PACKAGE: {HistoryWhat.CHOICE_PACKAGE},
    HistoryWhat.DEPARTMENT: {HistoryWhat.HOME_CLASS, HistoryWhat.CHOICE_PACKAGE, HistoryWhat.GROUPS},
}
"""What can be taken back, and what of the same enrolment stands on it; beside another department, always."""


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

    Raises NotFound, NotUndoable, DepartureRunning, AlreadyUndone, Overtaken, and what the change back itself
    is refused for.
    """
    scope = asker.scope(Permission.CHANGE_PLACEMENTS)
    sight = await PlacementSight.of_students(uow, [student])
    entry = await uow.history.find(student, entry_id, scope)
    if entry is None or not await uow.students.is_visible(student, scope):
        raise NotFound
    if entry.service is not Party.PORTAL or entry.what not in _STANDS_ON or entry.undoes:
        raise NotUndoable(entry=str(entry.id))
    sight.refuse_while_departing(student)
    enrolment = await _untouched(uow, sight, entry, scope)
    match entry.what:
        case HistoryWhat.HOME_CLASS:
            done = await _undo_home_class(uow, sight, entry, enrolment, refuse_full=refuse_full)
        case HistoryWhat.CHOICE_PACKAGE:
            done = await _undo_package(uow, sight, entry, enrolment, asker)
        case _:
            done = await _undo_department(uow, sight, entry, enrolment, scope)
    return done


def is_undoable(entry: HistoryEntry, later: Sequence[HistoryEntry]) -> bool:
    """Whether this entry is a change that nothing later stands on; what it asks of him is judged by then."""
    if entry.service is not Party.PORTAL or entry.what not in _STANDS_ON or entry.undoes:
        return False
    taken_back = {one.undoes for one in later}
    standing = (one for one in later if one.undoes is None and one.id not in taken_back)
    return entry.id not in taken_back and not any(_stands_on(one, entry) for one in standing)


async def _untouched(
    uow: PortalUnitOfWork, sight: PlacementSight, entry: HistoryEntry, scope: Scope
) -> Enrolment:
    """The enrolment as the change left it. Raises NotFound, AlreadyUndone, Overtaken."""
    later = await uow.history.later_than(entry)
    if undone := next((one for one in later if one.undoes == entry.id), None):
        raise AlreadyUndone(entry=str(entry.id), undone_by=str(undone.id))
    taken_back = {one.undoes for one in later}
    standing = [one for one in later if one.undoes is None and one.id not in taken_back]
    if first := next((one for one in standing if _stands_on(one, entry)), None):
        raise _overtaken_by(first, entry)
    enrolment = sight.by_id.get(entry.enrolment_id or EnrolmentId(0))
    if enrolment is None:
        raise _overtaken(entry, "the enrolment is no longer there")
    if not scope.contains(enrolment.branch_id):
        raise NotFound
    return enrolment


def _stands_on(later: HistoryEntry, entry: HistoryEntry) -> bool:
    if later.what is HistoryWhat.DEPARTMENT:
        return (later.before or {}).get("enrolment") == entry.enrolment_id
    return later.enrolment_id == entry.enrolment_id and (
        later.what is HistoryWhat.ENROLMENT_REMOVED or later.what in _STANDS_ON[entry.what]
    )


def _overtaken_by(later: HistoryEntry, entry: HistoryEntry) -> Overtaken:
    told = {"entry": str(later.id), "what": later.what.value, "at": later.at.isoformat()}
    return Overtaken(
        "A later change stands on this one: take that back first", entry=str(entry.id), later=told
    )


def _overtaken(entry: HistoryEntry, why: str) -> Overtaken:
    return Overtaken(f"It cannot be taken back: {why}", entry=str(entry.id), later=None)


async def _undo_home_class(
    uow: PortalUnitOfWork,
    sight: PlacementSight,
    entry: HistoryEntry,
    enrolment: Enrolment,
    *,
    refuse_full: bool,
) -> ChangeUndone:
    before, after = _told(entry)
    if enrolment.home_class_id != after["home_class"]:
        raise _overtaken(entry, "the home class is another by now")
    group = before["home_class"]
    moving = await HomeClassRound.of(uow, sight, [group], refuse_full=refuse_full)
    moving.move(enrolment, group)
    moving.check_room(group)
    [noted] = await moving.carry_out(uow, undoes=entry.id)
    return _done(sight, noted, enrolment, warnings=moving.warnings())


async def _undo_package(
    uow: PortalUnitOfWork,
    sight: PlacementSight,
    entry: HistoryEntry,
    enrolment: Enrolment,
    asker: RoleHolder,
) -> ChangeUndone:
    """Who may not choose a package may not take one back either."""
    if not asker.may(Permission.CHANGE_PACKAGES):
        raise NotAllowed
    if not asker.scope(Permission.CHANGE_PACKAGES).contains(enrolment.branch_id):
        raise NotFound
    before, after = _told(entry)
    choosing = await PackageRound.of(uow, sight)
    if (choosing.codes(enrolment), enrolment.profile) != (sorted(after["subjects"]), after["profile"]):
        raise _overtaken(entry, "the package is another by now")
    choosing.choose(enrolment, PackageWish(enrolment.id, before["subjects"], before["profile"]))
    [noted] = await choosing.carry_out(uow, undoes=entry.id)
    live = await uow.enrolments.of([enrolment.student_code], since=sight.year)
    [fresh] = [one for one in live[enrolment.student_code] if one.id == enrolment.id]
    return _done(sight, noted, fresh)


async def _undo_department(
    uow: PortalUnitOfWork, sight: PlacementSight, entry: HistoryEntry, enrolment: Enrolment, scope: Scope
) -> ChangeUndone:
    change = await uow.department_changes.lock_of_entry(entry.id)
    if change is None or not scope.contains(change.memory["branch"]):
        raise NotFound
    await _refuse_changed(uow, entry, enrolment)
    student, memory = sight.students[enrolment.student_code], change.memory
    # It goes first: he is not to stand in his own way.
    await uow.enrolments.remove([enrolment])
    beside = [one.id for one in sight.live[student.code] if one.created_at < change.at]
    seats = await Seats.of(uow.session, [(student.code, memory)], beside)
    left_over = seats.take(student.code, memory)
    if any(piece["what"].startswith("enrolment:") for piece in left_over):
        raise _overtaken(entry, "there is no place for the old enrolment any more")
    await seats.fill()
    await uow.ended_enrolments.forget([memory["id"]])
    live = (await uow.enrolments.of([student.code], since=sight.year))[student.code]
    back = next(one for one in live if one.id == memory["id"])
    student.follow(enrolment, back, live, sight.year)
    change.undone_at = clock.now()
    before, after = _told(entry)
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


async def _refuse_changed(uow: PortalUnitOfWork, entry: HistoryEntry, enrolment: Enrolment) -> None:
    """Not all that fills an enrolment is in the history: an import, for one. Raises Overtaken."""
    _, after = _told(entry)
    if enrolment.group_ids:
        raise _overtaken(entry, "he is in cluster groups of the new department")
    subjects = await uow.structure.named_subjects(enrolment.subject_ids)
    home_class = enrolment.home_class_id
    groups = await uow.structure.named_groups([home_class] if home_class is not None else [])
    now = {
        "home_class": groups[home_class].code if home_class is not None else None,
        "subjects": sorted(subject.code for subject in subjects.values()),
        "profile": enrolment.profile,
    }
    if now != {key: after[key] for key in now}:
        raise _overtaken(entry, "the new enrolment was filled otherwise meanwhile")


def _told(entry: HistoryEntry) -> tuple[dict[str, Any], dict[str, Any]]:
    return entry.before or {}, entry.after or {}


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
