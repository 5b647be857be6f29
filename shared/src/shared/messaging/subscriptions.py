"""What a service listens to: one table, the whole inbound surface on one screen."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from shared.contracts.message import Message
from shared.contracts.values import Party
from shared.messaging.unit_of_work import UnitOfWork

U = TypeVar("U", bound=UnitOfWork)
M = TypeVar("M", bound=Message)

Reaction = Callable[[U, Sequence[M]], Awaitable[None]]


class Subscriptions(Generic[U]):
    """The reactions to each message type; a reaction takes a unit of work and a batch of that type."""

    def __init__(self, party: Party) -> None:
        self.party = party
        self.messages: dict[str, type[Message]] = {}
        self._reactions: dict[str, tuple[Reaction[U, Any], ...]] = {}

    def on(self, message: type[M], *reactions: Reaction[U, M]) -> None:
        """Let `reactions`, in this order, take the messages of this type.

        Raises ValueError when the contract does not name us as a receiver.
        """
        if self.party not in message.receivers:
            raise ValueError(f"{message.type} does not name {self.party} as a receiver")
        self.messages[message.type] = message
        self._reactions[message.type] = reactions

    async def react(self, uow: U, messages: Sequence[Message]) -> None:
        """Run the reactions for a batch of one type."""
        for reaction in self._reactions[messages[0].type]:
            await reaction(uow, messages)
