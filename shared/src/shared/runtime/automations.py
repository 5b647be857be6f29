"""Programs that speak by queue instead of a person (docs/decisions/0005).

Who asks is the RabbitMQ user that sent the message, which the broker checks; what he may is a setting.
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from shared.contracts.ids import BranchId, UserCode
from shared.contracts.message import Message
from shared.contracts.rights import Permission, Role
from shared.errors import NotAllowed, NotLoggedIn
from shared.runtime.access import RoleHolder

Automations = Mapping[str, RoleHolder]
"""Programs that are known, by their RabbitMQ user."""

UNEXPECTED = "unexpected"
"""The code that HTTP gives for an error that is nobody's refusal."""


class Automation(BaseModel):
    """What a program may: as a person with this role at these branches (null: at all)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    branches: frozenset[BranchId] | None


def known(automations: Mapping[str, Automation]) -> Automations:
    """The programs of a setting, as who asks."""
    return {
        user: RoleHolder(UserCode(user), {automation.role: automation.branches})
        for user, automation in automations.items()
    }


def asker_of(message: Message, automations: Automations, permission: Permission) -> RoleHolder:
    """Whose RabbitMQ user sent it. Raises NotLoggedIn, NotAllowed."""
    sender = message.envelope.sender if message.envelope else None
    if not sender:
        raise NotLoggedIn
    asker = automations.get(sender)
    if asker is None or not asker.may(permission):
        raise NotAllowed
    return asker
