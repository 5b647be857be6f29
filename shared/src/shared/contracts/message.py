"""The base of all messages: `AccountArchived` ↔ type `users.account.archived.v1` ↔ routing key."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PrivateAttr

from shared.contracts.rights import Permission
from shared.contracts.values import Party

COMMANDS = "doorstroom.commands"
FACTS = "doorstroom.facts"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around a body on the wire (CloudEvents 1.0; docs/messages.md)."""

    id: UUID
    correlation_id: str
    traceparent: str | None = None
    sender: str | None = None  # RabbitMQ's checked user_id


class Message(BaseModel):
    """A body. Readers ignore fields they do not know; a breaking change is a new class `…V2`."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    type: ClassVar[str]
    exchange: ClassVar[str]
    senders: ClassVar[frozenset[Party]]
    receivers: ClassVar[frozenset[Party]]
    personal: ClassVar[bool] = False
    """Carries names or addresses: the body is blanked once it has been delivered and applied."""

    _envelope: Envelope | None = PrivateAttr(default=None)

    @property
    def envelope(self) -> Envelope | None:
        """The envelope it arrived in; None for a message made here."""
        return self._envelope

    def arrived(self, envelope: Envelope) -> None:
        """Remember the envelope, so that answers can be correlated."""
        self._envelope = envelope


class Command(Message):
    """What one service must do (imperative). Its owner, the first segment, is its only receiver."""

    exchange = COMMANDS
    permission: ClassVar[Permission]


class Fact(Message):
    """What happened (past participle), said by the service that did it."""

    exchange = FACTS


def parties(*names: Party) -> frozenset[Party]:
    """A set of senders or receivers."""
    return frozenset(names)


class Contracts:
    """All messages there are, by type."""

    def __init__(self, messages: Iterable[type[Message]]) -> None:
        self.by_type = {message.type: message for message in messages}

    def sent_by(self, party: Party) -> list[type[Message]]:
        return [message for message in self.by_type.values() if party in message.senders]

    def received_by(self, party: Party) -> list[type[Message]]:
        return [message for message in self.by_type.values() if party in message.receivers]
