"""Answers to other programs that register or change people by queue (docs/decisions/0005).

Each message is answered under its own correlation id, also one that cannot be read or that fails for good.
"""

from collections.abc import Sequence

from shared.clock import now
from shared.contracts.changes import ChangePerson, PersonRefused, PersonUpdated, RegisterPerson
from shared.contracts.ids import UserCode
from shared.contracts.message import Message
from shared.contracts.rights import Permission
from shared.errors import InvalidInput, Refusal
from shared.runtime.automations import UNEXPECTED, Automations, asker_of
from users.models import User
from users.unit_of_work import UsersUnitOfWork


def answer_updated(uow: UsersUnitOfWork, message: Message, user: User, fields: Sequence[str]) -> None:
    """It happened; which fields differed, none of their values."""
    assert message.envelope  # noqa: S101 - it arrived
    told = PersonUpdated(
        user=user.code, version=user.version, fields=list(fields), at=now(), request=message.envelope.id
    )
    uow.publish(told, because=message)


def refuse(uow: UsersUnitOfWork, message: Message, refusal: Refusal, user: UserCode | None) -> None:
    """Nothing of it happened; the code is the one HTTP would give."""
    uow.publish(_refused(message, refusal.code, user), because=message)


async def refuse_unreadable(
    uow: UsersUnitOfWork, messages: Sequence[Message], automations: Automations
) -> None:
    """Answer requests whose body says nothing that can be understood."""
    for message in messages:
        try:
            asker_of(message, automations, Permission.CHANGE_PEOPLE)
            raise InvalidInput
        except Refusal as refusal:
            refuse(uow, message, refusal, None)


def refused_for_good(message: Message, _error: str) -> PersonRefused:
    """What is said of a request that failed again and again, and now waits for an operator here."""
    user = UserCode(message.user) if isinstance(message, RegisterPerson | ChangePerson) else None
    return _refused(message, UNEXPECTED, user)


def _refused(message: Message, code: str, user: UserCode | None) -> PersonRefused:
    assert message.envelope  # noqa: S101 - it arrived
    return PersonRefused(request=message.envelope.id, code=code, user=user, at=now())
