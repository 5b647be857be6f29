"""What a service listens to: one table, the whole inbound surface on one screen."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from shared.contracts.message import Message
from shared.contracts.values import Party
from shared.messaging.unit_of_work import UnitOfWork
from shared.messaging.wire import Arrival, Unreadable

U = TypeVar("U", bound=UnitOfWork)
M = TypeVar("M", bound=Message)

Reaction = Callable[[U, Sequence[M]], Awaitable[None]]


class Subscriptions(Generic[U]):
    """The reactions to each message type; a reaction takes a unit of work and a batch of that type."""

    def __init__(self, party: Party) -> None:
        self.party = party
        self.messages: dict[str, type[Message]] = {}
        self._reactions: dict[str, tuple[Reaction[U, Any], ...]] = {}
        self._unreadable: dict[str, Reaction[U, Message]] = {}
        self._given_up: dict[str, Callable[[Any, str], Message]] = {}

    def on(
        self,
        message: type[M],
        *reactions: Reaction[U, M],
        unreadable: Reaction[U, Message] | None = None,
        given_up: Callable[[M, str], Message] | None = None,
    ) -> None:
        """Let `reactions`, in this order, take the messages of this type.

        A body that cannot be read is parked, unless somebody waits for an answer: then `unreadable` takes
        a bare Message, which is an envelope alone. `given_up` makes what is said of a message that is parked
        because it failed, from it and the name of the error. Raises ValueError when the contract does not
        name us as a receiver.
        """
        if self.party not in message.receivers:
            raise ValueError(f"{message.type} does not name {self.party} as a receiver")
        self.messages[message.type] = message
        self._reactions[message.type] = reactions
        if unreadable:
            self._unreadable[message.type] = unreadable
        if given_up:
            self._given_up[message.type] = given_up

    def read(self, arrival: Arrival) -> Message:
        """What arrived. Raises Unreadable when nobody takes it."""
        try:
            return arrival.read(self.messages)
        except Unreadable:
            if arrival.kind not in self._unreadable:
                raise
            bare = Message()
            bare.arrived(arrival.envelope)
            return bare

    def give_up(self, uow: U, arrival: Arrival, error: str) -> None:
        """Tell who waits for it that it is parked."""
        if tell := self._given_up.get(arrival.kind):
            message = self.read(arrival)
            uow.publish(tell(message, error), because=message)

    async def react(self, uow: U, kind: str, messages: Sequence[Message]) -> None:
        """Run the reactions for a batch of one type, read or bare."""
        is_read = isinstance(messages[0], self.messages[kind])
        for reaction in self._reactions[kind] if is_read else [self._unreadable[kind]]:
            await reaction(uow, messages)
