"""One request or one batch of messages is one transaction: state, audit and outgoing messages together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.contracts.message import Message
from shared.database.set_based import SetBasedSession, insert_rows
from shared.ids import new_id
from shared.messaging.tables import audit, outbox


@dataclass(frozen=True, slots=True)
class Origin:
    """Who started this unit of work and under which correlation id and trace."""

    actor: str
    correlation_id: str
    on_behalf_of: str | None = None
    traceparent: str | None = None


class UnitOfWork:
    """A session with an outbox and an audit. Features add to it; only the edge commits."""

    def __init__(
        self, session: AsyncSession, origin: Origin, wake_relay: Callable[[], None] = lambda: None
    ) -> None:
        self.session = session
        self.origin = origin
        self._wake_relay = wake_relay
        self._messages: list[dict[str, Any]] = []
        self._audit: list[dict[str, Any]] = []

    @classmethod
    def open(cls, engine: AsyncEngine, origin: Origin, wake_relay: Callable[[], None] = lambda: None) -> Self:
        """A new unit of work; use it as `async with`, and `commit()` before leaving."""
        session = AsyncSession(engine, expire_on_commit=False, sync_session_class=SetBasedSession)
        return cls(session, origin, wake_relay)

    def publish(self, *messages: Message, because: Message | None = None) -> None:
        """Send messages when, and only if, this unit of work commits.

        `because` is the message that is answered: its correlation id and trace go on.
        """
        cause = because.envelope if because else None
        self._messages += [
            {
                "message_id": new_id(),
                "type": message.type,
                "body": message.model_dump(mode="json"),
                "correlation_id": cause.correlation_id if cause else self.origin.correlation_id,
                "traceparent": cause.traceparent if cause else self.origin.traceparent,
            }
            for message in messages
        ]

    def record(  # noqa: PLR0913 - an audit row has these columns
        self,
        action: str,
        object_type: str,
        object_ids: Sequence[object],
        *,
        fields: Sequence[str] = (),
        reason: str | None = None,
        on_behalf_of: str | None = None,
        because: Message | None = None,
    ) -> None:
        """Audit one action on some objects; names of fields only, never values."""
        cause = because.envelope if because else None
        self._audit += [
            {
                "id": new_id(),
                "actor": (cause.sender if cause else None) or self.origin.actor,
                "on_behalf_of": on_behalf_of or self.origin.on_behalf_of,
                "action": action,
                "object_type": object_type,
                "object_id": str(object_id),
                "fields": list(fields),
                "reason": reason,
                "correlation_id": cause.correlation_id if cause else self.origin.correlation_id,
            }
            for object_id in object_ids
        ]

    async def commit(self) -> None:
        """Write state, audit and outbox, and commit."""
        await self.session.flush()
        await insert_rows(self.session, audit, self._audit)
        await insert_rows(self.session, outbox, self._messages)
        await self.session.commit()
        if self._messages:
            self._wake_relay()
        self._messages, self._audit = [], []

    async def discard(self) -> None:
        """Forget all of it, as if nothing had been asked: a dry run."""
        await self.session.rollback()
        self._messages, self._audit = [], []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
