"""A departure asked for by queue: another program of the school speaks instead of a person.

Who asks is the RabbitMQ user that sent the message, which the broker checks; what he may is a setting
(docs/decisions/0005). He is answered by facts, under the correlation id he chose.
"""

from collections.abc import Sequence

from portal.features.departure import refuse_too_many, request_in_sight
from portal.features.departure_outlook import Wish, sight_of
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.commands import RequestDeparture
from shared.contracts.facts import DepartureRefused
from shared.contracts.ids import DepartureId, StudentCode
from shared.contracts.message import Message
from shared.errors import InvalidInput, Refusal
from shared.runtime.access import RoleHolder
from shared.runtime.automations import UNEXPECTED, Automations, asker_of


async def request_by_message(
    uow: PortalUnitOfWork,
    commands: Sequence[RequestDeparture],
    automations: Automations,
    *,
    threshold: int,
) -> None:
    """Begin what each message asks for, or refuse that message; the others of the batch go on."""
    asked: dict[str, list[RequestDeparture]] = {}
    for command in commands:
        try:
            asked.setdefault(asker_of(command, automations, command.permission).code, []).append(command)
        except Refusal as refusal:
            _refuse(uow, command, refusal, command.students)
    for user, theirs in asked.items():
        await _request(uow, automations[user], theirs, threshold)


async def _request(
    uow: PortalUnitOfWork, asker: RoleHolder, commands: Sequence[RequestDeparture], threshold: int
) -> None:
    """One look at all students of the batch, then message by message."""
    students = {student for command in commands for student in command.students}
    sight = await sight_of(uow, students, asker.scope(RequestDeparture.permission))
    for command in commands:
        try:
            if not command.confirm_threshold:
                refuse_too_many(set(command.students), threshold)
            request_in_sight(uow, _wish(command), sight, asker.code, because=command)
        except Refusal as refusal:
            _refuse(uow, command, refusal, command.students)


async def refuse_unreadable(
    uow: PortalUnitOfWork, messages: Sequence[Message], automations: Automations
) -> None:
    """Answer requests whose body says nothing that can be understood."""
    for message in messages:
        try:
            asker_of(message, automations, RequestDeparture.permission)
            raise InvalidInput
        except Refusal as refusal:
            _refuse(uow, message, refusal, [])


def refused_for_good(command: Message, _error: str) -> DepartureRefused:
    """What is said of a request that failed again and again, and now waits for an operator here."""
    students = command.students if isinstance(command, RequestDeparture) else []
    return _refusal_of(command, UNEXPECTED, students)


def _wish(command: RequestDeparture) -> Wish:
    return Wish(
        students=command.students,
        leaves_on=command.leaves_on,
        reason=command.reason,
        prognoses=command.prognoses,
        guardians=command.guardians,
        school=command.school,
    )


def _refuse(
    uow: PortalUnitOfWork, message: Message, refusal: Refusal, students: Sequence[StudentCode]
) -> None:
    refused = _refusal_of(
        message, refusal.code, _spoken_of(refusal) or students, refusal.params.get("departure")
    )
    uow.publish(refused, because=message)


def _refusal_of(
    message: Message, code: str, students: Sequence[StudentCode], departure: DepartureId | None = None
) -> DepartureRefused:
    assert message.envelope  # noqa: S101 - it arrived
    return DepartureRefused(
        request=message.envelope.id,
        code=code,
        students=list(students),
        departure=departure,
        at=clock.now(),
    )


def _spoken_of(refusal: Refusal) -> list[StudentCode]:
    """The students a refusal names; of a threshold it says only how many."""
    match refusal.params:
        case {"student": one}:
            return [one]
        case {"students": [*several]}:
            return several
    return []
