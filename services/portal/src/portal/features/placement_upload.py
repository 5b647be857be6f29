"""Placements come up from the desktop (Koppeling, Groepsindelingen, Upload).

Cluster groups always come from there, home classes where the desktop leads. Each row says what the desktop
last saw here: a student who changed since is not touched but said to be `changed`, and the timetabler
chooses. A student is brought as a whole or not at all; seats are counted over all rows, so that two may swap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from portal.errors import AlreadyDeparted, ClassFull, DepartureRunning
from portal.features.department_checklist import close_upload_steps, mark_home_class_steps
from portal.features.history import note_change
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight
from portal.models.history_entry import HistoryWhat
from portal.models.structure import Group
from portal.models.student import Enrolment
from portal.repositories.class_seats import ClassSeats
from portal.repositories.enrolment_contents import EnrolmentContent
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.changes import HomeClassAssigned
from shared.contracts.copies import (
    BringPlacements,
    BroughtRow,
    PlacementsBrought,
    PlacementsFailed,
    Seating,
    UploadRow,
)
from shared.contracts.ids import GroupId, StudentCode
from shared.contracts.values import Authority, DepartureState, UploadResult
from shared.errors import NotFound

_GROUP_FULL, _PORTAL_IS_LEADING = "group_full", "portal_is_leading"


@dataclass(slots=True)
class JudgedRow:
    """A row of an upload, what stood here when it came, and what becomes of it."""

    command: BringPlacements
    asked: UploadRow
    enrolment: Enrolment | None
    was: Seating
    code: str | None = None
    result: UploadResult = UploadResult.REFUSED

    @property
    def is_applied(self) -> bool:
        return self.result is UploadResult.APPLIED

    def told(self) -> BroughtRow:
        """What the desktop hears of it."""
        now = self.asked.after if self.is_applied else self.was
        return BroughtRow(
            student=self.asked.student,
            enrolment=self.asked.enrolment,
            result=self.result,
            code=self.code,
            now=None if self.enrolment is None else _sorted(now),
        )


@dataclass(slots=True)
class UploadRound:
    """Rows are judged one by one under the locks of their students and of the groups they enter."""

    sight: PlacementSight
    seats: ClassSeats
    rows: list[JudgedRow] = field(default_factory=list)

    def judge(self, command: BringPlacements, asked: UploadRow) -> None:
        """Seat him as asked, whatever room there is, or say why not."""
        enrolment = self.sight.by_id.get(asked.enrolment)
        if enrolment is not None and (enrolment.student_code, enrolment.project_id) != (
            asked.student,
            command.project,
        ):
            enrolment = None
        row = JudgedRow(command, asked, enrolment, _seating(enrolment))
        self.rows.append(row)
        row.code = self._why_locked(row) or (self._why_gone(row) if enrolment is None else None)
        if row.code is not None or enrolment is None:
            return
        if _same(row.was, asked.after):
            row.result = UploadResult.EQUAL
        elif not _same(row.was, asked.before):
            row.result = UploadResult.CHANGED
        elif (code := self._why_not(enrolment, row.was, asked.after)) is not None:
            row.code = code
        else:
            row.result = UploadResult.APPLIED
            self._seat(row.was, asked.after)

    def take_back_the_overfull(self) -> None:
        """Who came last into a group that is too full stays where he was, until there is none."""
        while crowded := next((row for row in reversed(self.rows) if self._overfull(row)), None):
            is_class = crowded.asked.after.home_class in self._overfull(crowded)
            crowded.result = UploadResult.REFUSED
            crowded.code = ClassFull.code if is_class else _GROUP_FULL
            self._seat(crowded.asked.after, crowded.was)

    def _overfull(self, row: JudgedRow) -> set[GroupId]:
        if not row.is_applied:
            return set()
        return {group for group in _entered(row.was, row.asked.after) if self.seats.is_overfull(group)}

    def _seat(self, before: Seating, after: Seating) -> None:
        for group in _entered(after, before):
            self.seats.move(group, None)
        for group in _entered(before, after):
            self.seats.move(None, group)

    def _why_locked(self, row: JudgedRow) -> str | None:
        if row.asked.student not in self.sight.students:
            return NotFound.code
        try:
            self.sight.refuse_while_departing(row.asked.student)
        except DepartureRunning as refusal:
            return refusal.code
        return None

    def _why_gone(self, row: JudgedRow) -> str:
        departures = self.sight.departures.get(row.asked.student, ())
        departed = any(one.state is DepartureState.COMPLETED for one in departures[:1])
        return AlreadyDeparted.code if departed else NotFound.code

    def _why_not(self, enrolment: Enrolment, was: Seating, after: Seating) -> str | None:
        groups = self.seats.groups
        entered = _entered(was, after)
        if any(one not in groups or groups[one].department_id != enrolment.department_id for one in entered):
            return NotFound.code
        if any(groups[one].is_home_class != (one == after.home_class) for one in entered):
            return NotFound.code
        led_by = self.sight.departments[enrolment.department_id].home_class_authority
        if after.home_class != was.home_class and led_by is Authority.PORTAL:
            return _PORTAL_IS_LEADING
        return None


async def bring_placements(uow: PortalUnitOfWork, commands: Sequence[BringPlacements]) -> None:
    """Bring all parts of a batch, and answer each; one that comes again finds all as it asked.

    A part with a student of an earlier part is judged by what that made of him.
    """
    waiting = {(command.upload, command.part): command for command in reversed(commands)}
    waiting = dict(reversed(waiting.items()))
    brought: dict[tuple[UUID, int], list[BroughtRow]] = {key: [] for key in waiting}
    while waiting:
        now: dict[tuple[UUID, int], BringPlacements] = {}
        taken: set[StudentCode] = set()
        for key, command in waiting.items():
            students = {row.student for row in command.rows}
            if taken.isdisjoint(students):
                now[key] = command
            taken |= students
        for row in (await _bring(uow, list(now.values()))).rows:
            brought[row.command.upload, row.command.part].append(row.told())
        waiting = {key: command for key, command in waiting.items() if key not in now}
    for command in commands:
        told = brought[command.upload, command.part]
        fact = PlacementsBrought(upload=command.upload, part=command.part, rows=told, at=clock.now())
        uow.publish(fact, because=command)


async def _bring(uow: PortalUnitOfWork, commands: Sequence[BringPlacements]) -> UploadRound:
    """Parts that have no student in common."""
    asked = [row for command in commands for row in command.rows]
    sight = await PlacementSight.of_students(uow, {row.student for row in asked})
    entered = {group for row in asked for group in _all(row.after)}
    uploading = UploadRound(sight, await ClassSeats.of(uow.session, entered))
    for command in commands:
        for row in command.rows:
            uploading.judge(command, row)
    uploading.take_back_the_overfull()
    await _carry_out(uow, uploading)
    return uploading


def given_up(command: BringPlacements, error: str) -> PlacementsFailed:
    """What the desktop hears of a part that is parked here."""
    return PlacementsFailed(upload=command.upload, part=command.part, error=error, at=clock.now())


async def _carry_out(uow: PortalUnitOfWork, uploading: UploadRound) -> None:
    applied = [(row, row.enrolment) for row in uploading.rows if row.is_applied and row.enrolment]
    there = [row for row in uploading.rows if row.is_applied or row.result is UploadResult.EQUAL]
    await close_upload_steps(uow, [row.asked.enrolment for row in there])
    await mark_home_class_steps(
        uow, {row.asked.enrolment: row.asked.after.home_class is not None for row in there}
    )
    if not applied:
        return
    left = {one for row, _ in applied for one in _all(row.was)} - uploading.seats.groups.keys()
    groups = {**uploading.seats.groups, **await uow.structure.named_groups(left)}
    await uow.contents.bring({one.id: _content(one, row.asked.after) for row, one in applied})
    for _, one in applied:
        uow.session.expunge(one)
    students = {row.asked.student: uploading.sight.students[row.asked.student] for row, _ in applied}
    await announce_placement(
        uow, list(students.values()), {row.asked.student: row.command for row, _ in applied}
    )
    for row, enrolment in applied:
        _note(uow, row, enrolment, groups)
        if row.was.home_class != row.asked.after.home_class:
            fact = HomeClassAssigned(
                student=row.asked.student,
                version=students[row.asked.student].version,
                enrolment=enrolment.id,
                before=row.was.home_class,
                group=row.asked.after.home_class,
                at=clock.now(),
            )
            uow.publish(fact, because=row.command)


def _note(uow: PortalUnitOfWork, row: JudgedRow, enrolment: Enrolment, groups: Mapping[int, Group]) -> None:
    """One entry of the history, and one of the audit."""
    before, after = _told(row.was, groups), _told(row.asked.after, groups)
    other_class = row.was.home_class != row.asked.after.home_class
    other_groups = set(row.was.groups) != set(row.asked.after.groups)
    fields = ["home_class"] * other_class + ["groups"] * other_groups
    by = row.command.requested_by
    uow.record(
        "placements.bring",
        "enrolment",
        [row.asked.enrolment],
        fields=fields,
        on_behalf_of=by,
        because=row.command,
    )
    note_change(
        uow,
        row.asked.student,
        HistoryWhat.HOME_CLASS if other_class else HistoryWhat.GROUPS,
        enrolment,
        enrolment=row.asked.enrolment,
        before=before,
        after=after,
        by=by,
        because=row.command,
    )


def _told(seating: Seating, groups: Mapping[int, Group]) -> dict[str, Any]:
    """Where he sits, as the history tells it."""
    home_class = seating.home_class
    return {
        "home_class": home_class,
        "code": groups[home_class].code if home_class is not None else None,
        "groups": [{"id": one, "code": groups[one].code} for one in sorted(seating.groups)],
    }


def _content(enrolment: Enrolment, after: Seating) -> EnrolmentContent:
    return EnrolmentContent(
        enrolment.department_id,
        after.home_class,
        frozenset(after.groups),
        frozenset(enrolment.subject_ids),
        enrolment.profile,
    )


def _seating(enrolment: Enrolment | None) -> Seating:
    if enrolment is None:
        return Seating(home_class=None, groups=[])
    return Seating(home_class=enrolment.home_class_id, groups=enrolment.group_ids)


def _sorted(seating: Seating) -> Seating:
    return Seating(home_class=seating.home_class, groups=sorted(set(seating.groups)))


def _same(one: Seating, other: Seating) -> bool:
    return one.home_class == other.home_class and set(one.groups) == set(other.groups)


def _all(seating: Seating) -> set[GroupId]:
    return {*seating.groups} | ({seating.home_class} if seating.home_class is not None else set())


def _entered(before: Seating, after: Seating) -> set[GroupId]:
    return _all(after) - _all(before)
