"""A student changes home class (wijzigt van stamklas), where the portal leads.

The handbook: pick project, branch and department, and click the column of the new class. Where the desktop
leads it is refused here, and the answer says so. Cluster groups stay as they are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from portal.errors import ClassFull, DesktopIsLeading, ListedTwice, NotAHomeClassHere
from portal.features.department_checklist import mark_home_class_steps
from portal.features.history import note_change
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight, refuse_list
from portal.models.history_entry import HistoryEntry, HistoryWhat
from portal.models.structure import Department, Group
from portal.models.student import Enrolment
from portal.repositories.class_seats import ClassSeats
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.changes import HomeClassAssigned
from shared.contracts.ids import EnrolmentId, GroupId
from shared.contracts.message import Message
from shared.contracts.values import Authority
from shared.errors import Refusal
from shared.runtime.access import Scope
from shared.runtime.versions import SeenVersion


@dataclass(frozen=True, slots=True)
class HomeClassWish:
    enrolment: EnrolmentId
    group: GroupId | None


@dataclass(frozen=True, slots=True)
class FullWarning:
    """A class that has, by these changes, more students than it should."""

    code: str
    group: GroupId
    size: int
    soft_max: int | None
    hard_max: int | None


@dataclass(frozen=True, slots=True)
class ClassMove:
    enrolment: Enrolment
    before: GroupId | None
    because: Message | None

    @property
    def changes_something(self) -> bool:
        return self.enrolment.home_class_id != self.before


@dataclass(slots=True)
class HomeClassRound:
    """Some students get another home class: look once, move one by one, carry all of it out at once."""

    sight: PlacementSight
    seats: ClassSeats
    groups: Mapping[int, Group]
    refuse_full: bool
    moves: list[ClassMove] = field(default_factory=list)

    @classmethod
    async def of(
        cls,
        uow: PortalUnitOfWork,
        sight: PlacementSight,
        groups: Collection[GroupId | None],
        *,
        refuse_full: bool,
    ) -> Self:
        """The classes that are to be entered are locked, after the students."""
        seats = await ClassSeats.of(uow.session, {group for group in groups if group is not None})
        held = {one.home_class_id for one in sight.by_id.values() if one.home_class_id is not None}
        return cls(sight, seats, {**await uow.structure.named_groups(held), **seats.groups}, refuse_full)

    def move(self, enrolment: Enrolment, group: GroupId | None, because: Message | None = None) -> None:
        """Let him sit there, whatever room there is.

        Raises DesktopIsLeading, DepartureRunning, NotAHomeClassHere.
        """
        refuse_unless_portal_leads(self.sight.departments[enrolment.department_id])
        self.sight.refuse_while_departing(enrolment.student_code)
        check_home_class(self.groups, group, enrolment.department_id)
        before = enrolment.home_class_id
        self.seats.move(before, group)
        enrolment.home_class_id = group
        self.moves.append(ClassMove(enrolment, before, because))

    def move_if_room(self, enrolment: Enrolment, group: GroupId | None, because: Message) -> None:
        """The same, for one who comes by himself. Raises ClassFull too, and then he sits where he sat."""
        self.move(enrolment, group, because)
        try:
            self.check_room(group)
        except ClassFull:
            back = self.moves.pop()
            self.seats.move(group, back.before)
            enrolment.home_class_id = back.before
            raise

    def check_room(self, group: GroupId | None) -> None:
        """Raises ClassFull."""
        if group is not None and self.refuse_full and self.seats.is_overfull(group):
            raise ClassFull(
                group=group, size=self.seats.size(group), hard_max=self.seats.groups[group].hard_max
            )

    def warnings(self) -> list[FullWarning]:
        """Of the classes that somebody entered."""
        entered = {move.enrolment.home_class_id for move in self.moves if move.changes_something}
        return warnings_of(self.seats, {group for group in entered if group is not None})

    async def carry_out(self, uow: PortalUnitOfWork, undoes: UUID | None = None) -> list[HistoryEntry]:
        """Tell of all that changed; who sits there already is told so, and nothing changes of him."""
        moved = [move for move in self.moves if move.changes_something]
        students = {
            move.enrolment.student_code: self.sight.students[move.enrolment.student_code] for move in moved
        }
        await announce_placement(
            uow, list(students.values()), {m.enrolment.student_code: m.because for m in moved if m.because}
        )
        await mark_home_class_steps(
            uow, {move.enrolment.id: move.enrolment.home_class_id is not None for move in moved}
        )
        for move in self.moves:
            if move.changes_something or move.because:
                uow.publish(self._fact(move), because=move.because)
        return [self._noted(uow, move, undoes) for move in moved]

    def _fact(self, move: ClassMove) -> HomeClassAssigned:
        envelope = move.because.envelope if move.because else None
        return HomeClassAssigned(
            student=move.enrolment.student_code,
            version=self.sight.students[move.enrolment.student_code].version,
            enrolment=move.enrolment.id,
            before=move.before,
            group=move.enrolment.home_class_id,
            at=clock.now(),
            request=envelope.id if envelope else None,
        )

    def _noted(self, uow: PortalUnitOfWork, move: ClassMove, undoes: UUID | None) -> HistoryEntry:
        uow.record(
            "home_class.change", "enrolment", [move.enrolment.id], fields=["home_class"], because=move.because
        )
        return note_change(
            uow,
            move.enrolment.student_code,
            HistoryWhat.HOME_CLASS,
            move.enrolment,
            enrolment=move.enrolment.id,
            before=told_class(self.groups, move.before),
            after=told_class(self.groups, move.enrolment.home_class_id),
            because=move.because,
            undoes=undoes,
        )


async def assign_home_class(
    uow: PortalUnitOfWork, wish: HomeClassWish, scope: Scope, seen: SeenVersion, *, refuse_full: bool
) -> HomeClassRound:
    """One enrolment or prognosis. Raises NotFound, VersionStale, ClassFull, and as HomeClassRound.move."""
    sight = await PlacementSight.of_enrolments(uow, [wish.enrolment])
    enrolment = sight.enrolment(wish.enrolment, scope)
    seen.must_be(sight.students[enrolment.student_code].version)
    moving = await HomeClassRound.of(uow, sight, [wish.group], refuse_full=refuse_full)
    moving.move(enrolment, wish.group)
    moving.check_room(wish.group)
    await moving.carry_out(uow)
    return moving


async def assign_home_classes(
    uow: PortalUnitOfWork, wishes: Sequence[HomeClassWish], scope: Scope, *, refuse_full: bool
) -> HomeClassRound:
    """All of a list or nothing; seats are counted for the whole list, so that two may swap.

    Raises ChangesRefused with every problem.
    """
    sight = await PlacementSight.of_enrolments(uow, {wish.enrolment for wish in wishes})
    moving = await HomeClassRound.of(uow, sight, {wish.group for wish in wishes}, refuse_full=refuse_full)
    problems: dict[int, Refusal] = {}
    listed: set[EnrolmentId] = set()
    for index, wish in enumerate(wishes):
        try:
            if wish.enrolment in listed:
                raise ListedTwice(enrolment=wish.enrolment)
            listed.add(wish.enrolment)
            moving.move(sight.enrolment(wish.enrolment, scope), wish.group)
        except Refusal as refusal:
            problems[index] = refusal
    for index, wish in enumerate(wishes):
        try:
            if index not in problems:
                moving.check_room(wish.group)
        except ClassFull as refusal:
            problems[index] = refusal
    refuse_list(problems, [{"enrolment": wish.enrolment} for wish in wishes])
    await moving.carry_out(uow)
    return moving


def refuse_unless_portal_leads(department: Department) -> None:
    """Raises DesktopIsLeading."""
    if department.home_class_authority is not Authority.PORTAL:
        raise DesktopIsLeading(department=department.id)


def check_home_class(groups: Mapping[int, Group], group: GroupId | None, department: int) -> None:
    """Raises NotAHomeClassHere."""
    found = groups.get(group) if group is not None else None
    if group is not None and (found is None or not found.is_home_class or found.department_id != department):
        raise NotAHomeClassHere(group=group)


def warnings_of(seats: ClassSeats, entered: Collection[GroupId]) -> list[FullWarning]:
    """Which of these classes are fuller than they should be."""
    warnings = []
    for group in sorted(entered):
        soft, hard, size = seats.groups[group].soft_max, seats.groups[group].hard_max, seats.size(group)
        if hard is not None and size > hard:
            warnings.append(FullWarning("over_hard_max", group, size, soft, hard))
        elif soft is not None and size > soft:
            warnings.append(FullWarning("over_soft_max", group, size, soft, hard))
    return warnings


def told_class(groups: Mapping[int, Group], group: GroupId | None) -> dict[str, Any]:
    """A home class as the history tells it."""
    return {"home_class": group, "code": groups[group].code if group is not None else None}
