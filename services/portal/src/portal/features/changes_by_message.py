"""Changes asked for by queue: another program of the school speaks instead of a person.

One message is one change of one student. A batch is judged at once; each message is answered under the
correlation id its sender chose, by its fact or by the code that HTTP would give, and the others go on.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from portal.features.choice_package import PackageRound, PackageWish
from portal.features.department_change import carry_out
from portal.features.department_outlook import DepartmentSight, DepartmentWish
from portal.features.enrolling import EnrolRound, EnrolWish
from portal.features.enrolment_deletion import DeletionRound
from portal.features.home_class_change import HomeClassRound
from portal.features.placement_sight import PlacementSight
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.changes import (
    AssignHomeClass,
    ChangeDepartment,
    ChangeRefused,
    ChooseChoicePackage,
    DeleteEnrolment,
    EnrolStudent,
)
from shared.contracts.ids import DepartureId, StudentCode
from shared.contracts.message import Command, Message
from shared.contracts.rights import Permission
from shared.errors import InvalidInput, Refusal
from shared.runtime.access import RoleHolder, Scope
from shared.runtime.automations import UNEXPECTED, Automations, asker_of

C = TypeVar("C", bound=Command)


@dataclass(frozen=True, slots=True)
class Asked(Generic[C]):
    """A message from somebody who may send it."""

    command: C
    asker: RoleHolder

    @property
    def scope(self) -> Scope:
        """Whom he may ask it of."""
        return self.asker.scope(self.command.permission)


Act = Callable[[PortalUnitOfWork, Sequence[Asked[C]]], Awaitable[None]]
"""Does what is asked, of each student once, and refuses (`refuse`) what cannot be."""


async def answer_each(
    uow: PortalUnitOfWork, commands: Sequence[C], automations: Automations, act: Act[C]
) -> None:
    """Let `act` take what may be asked; who asks twice of one student has the second after the first."""
    waiting: list[Asked[C]] = []
    for command in commands:
        try:
            waiting.append(Asked(command, asker_of(command, automations, command.permission)))
        except Refusal as refusal:
            refuse(uow, command, refusal)
    while waiting:
        first: dict[StudentCode | None, Asked[C]] = {}
        for asked in waiting:
            first.setdefault(student_of(asked.command), asked)
        await act(uow, list(first.values()))
        waiting = [asked for asked in waiting if first[student_of(asked.command)] is not asked]


async def assign_by_message(
    uow: PortalUnitOfWork, commands: Sequence[AssignHomeClass], automations: Automations, *, refuse_full: bool
) -> None:
    """Another home class for each."""

    async def act(uow: PortalUnitOfWork, asked: Sequence[Asked[AssignHomeClass]]) -> None:
        sight = await PlacementSight.of_students(uow, {one.command.student for one in asked})
        groups = {one.command.group for one in asked}
        moving = await HomeClassRound.of(uow, sight, groups, refuse_full=refuse_full)
        for one in asked:
            try:
                enrolment = sight.enrolment_of(one.command.student, one.command.enrolment, one.scope)
                moving.move_if_room(enrolment, one.command.group, one.command)
            except Refusal as refusal:
                refuse(uow, one.command, refusal)
        await moving.carry_out(uow)

    await answer_each(uow, commands, automations, act)


async def change_departments_by_message(
    uow: PortalUnitOfWork, commands: Sequence[ChangeDepartment], automations: Automations
) -> None:
    """Another department for each."""

    async def act(uow: PortalUnitOfWork, asked: Sequence[Asked[ChangeDepartment]]) -> None:
        wanted = {one.command.department for one in asked}
        sight = await PlacementSight.of_students(uow, {one.command.student for one in asked}, into=wanted)
        looking = await DepartmentSight.of(uow, sight, wanted)
        outlooks, causes = [], {}
        for one in asked:
            try:
                enrolment = sight.enrolment_of(one.command.student, one.command.enrolment, one.scope)
                wish = DepartmentWish(enrolment.id, one.command.department, one.command.choice_package)
                outlook = looking.outlook(enrolment, wish, one.scope)
                outlook.refuse_undecided()
            except Refusal as refusal:
                refuse(uow, one.command, refusal)
            else:
                outlooks.append(outlook)
                causes[one.command.student] = one.command
        await carry_out(uow, looking, outlooks, causes)

    await answer_each(uow, commands, automations, act)


async def enrol_by_message(
    uow: PortalUnitOfWork, commands: Sequence[EnrolStudent], automations: Automations
) -> None:
    """An enrolment or prognosis for each."""

    async def act(uow: PortalUnitOfWork, asked: Sequence[Asked[EnrolStudent]]) -> None:
        wishes = [
            EnrolWish(one.command.student, one.command.department, one.command.second, one.asker, one.command)
            for one in asked
        ]
        enrolling = await EnrolRound.of(uow, wishes)
        for one, wish in zip(asked, wishes, strict=True):
            try:
                enrolling.enrol(wish)
            except Refusal as refusal:
                refuse(uow, one.command, refusal)
        await enrolling.carry_out(uow)

    await answer_each(uow, commands, automations, act)


async def delete_by_message(
    uow: PortalUnitOfWork, commands: Sequence[DeleteEnrolment], automations: Automations
) -> None:
    """The enrolment that each names goes, if it is that student's."""

    async def act(uow: PortalUnitOfWork, asked: Sequence[Asked[DeleteEnrolment]]) -> None:
        deleting = await DeletionRound.of(uow, {one.command.student for one in asked})
        for one in asked:
            try:
                its = deleting.sight.enrolment_of(one.command.student, one.command.enrolment, one.scope)
                deleting.delete(its.id, one.scope, one.command)
            except Refusal as refusal:
                refuse(uow, one.command, refusal)
        await deleting.carry_out(uow)

    await answer_each(uow, commands, automations, act)


async def choose_by_message(
    uow: PortalUnitOfWork, commands: Sequence[ChooseChoicePackage], automations: Automations
) -> None:
    """Another choice package for each."""

    async def act(uow: PortalUnitOfWork, asked: Sequence[Asked[ChooseChoicePackage]]) -> None:
        sight = await PlacementSight.of_students(uow, {one.command.student for one in asked})
        choosing = await PackageRound.of(uow, sight)
        for one in asked:
            try:
                enrolment = sight.enrolment_of(one.command.student, one.command.enrolment, one.scope)
                wish = PackageWish(enrolment.id, one.command.subjects, one.command.profile)
                choosing.choose(enrolment, wish, one.command)
            except Refusal as refusal:
                refuse(uow, one.command, refusal)
        await choosing.carry_out(uow)

    await answer_each(uow, commands, automations, act)


async def refuse_unreadable_changes(
    uow: PortalUnitOfWork, messages: Sequence[Message], permission: Permission, automations: Automations
) -> None:
    """Answer messages whose body says nothing that can be understood."""
    for message in messages:
        try:
            asker_of(message, automations, permission)
            raise InvalidInput
        except Refusal as refusal:
            refuse(uow, message, refusal)


def refused_for_good(command: Message, _error: str) -> ChangeRefused:
    """What is said of a message that failed again and again, and now waits for an operator here."""
    return _refusal_of(command, UNEXPECTED, None)


def refuse(uow: PortalUnitOfWork, message: Message, refusal: Refusal) -> None:
    """Answer one message: it cannot be, and why."""
    uow.publish(_refusal_of(message, refusal.code, refusal.params.get("departure")), because=message)


def _refusal_of(message: Message, code: str, departure: DepartureId | None) -> ChangeRefused:
    assert message.envelope  # noqa: S101 - it arrived
    return ChangeRefused(
        request=message.envelope.id,
        code=code,
        student=student_of(message),
        departure=departure,
        at=clock.now(),
    )


def student_of(message: Message) -> StudentCode | None:
    """Of whom a message speaks, if it could be read."""
    return getattr(message, "student", None)
