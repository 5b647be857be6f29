"""The inbox: a message is claimed in the transaction of its effect, so its effect happens once.

A message that fails is kept here with its body and tried again from here (retry.py): retries live in the
database, never in the broker. What cannot be read, or keeps failing, is parked for a person.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.messaging.tables import inbox
from shared.messaging.wire import Arrival

APPLIED, RETRYING, PARKED, SKIPPED = "applied", "retrying", "parked", "skipped"

_CLAIM = text(
    "INSERT INTO inbox (id, type, state) "
    "SELECT id, type, 'applied' FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) AS a (id, type) "
    "ON CONFLICT (id) DO NOTHING RETURNING id"
)


async def claim(session: AsyncSession, arrivals: Sequence[Arrival]) -> set[UUID]:
    """Mark messages as applied; returns those that were not there yet."""
    # In one order: two replicas with the same messages would wait for each other.
    arrivals = sorted(arrivals, key=lambda arrival: arrival.id)
    parameters = {"ids": [a.id for a in arrivals], "types": [a.kind for a in arrivals]}
    return set(await session.scalars(_CLAIM, parameters))


async def keep(session: AsyncSession, arrival: Arrival, error: str, *, retry_in: timedelta | None) -> None:
    """Keep a message that failed, with its body: to be retried, or parked when `retry_in` is None."""
    await session.execute(
        insert(inbox)
        .values(
            id=arrival.id,
            type=arrival.kind,
            state=PARKED if retry_in is None else RETRYING,
            raw=arrival.raw,
            correlation_id=arrival.correlation_id,
            traceparent=arrival.traceparent,
            sender=arrival.sender,
            attempts=1,
            error=error,
            next_attempt_at=None if retry_in is None else func.now() + retry_in,
        )
        .on_conflict_do_nothing()
    )


async def next_due(session: AsyncSession) -> Row[Any] | None:
    """Lock one message whose next attempt is due; replicas pass over each other's."""
    found = await session.execute(
        select(inbox)
        .where(inbox.c.state == RETRYING, inbox.c.next_attempt_at <= func.now())
        .order_by(inbox.c.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.one_or_none()


def arrival_of(row: Row[Any]) -> Arrival:
    """The message as it arrived, from its kept row."""
    return Arrival(row.id, row.type, row.raw, row.correlation_id or str(row.id), row.traceparent, row.sender)


async def settle(session: AsyncSession, message_id: UUID) -> None:
    """A retried message has been applied: its body is no longer needed."""
    await session.execute(
        update(inbox)
        .where(inbox.c.id == message_id)
        .values(state=APPLIED, raw=None, error=None, next_attempt_at=None)
    )


async def postpone(
    session: AsyncSession, message_id: UUID, attempts: int, error: str, *, retry_in: timedelta | None
) -> None:
    """Note another failed attempt of a message that is still to be retried."""
    await session.execute(
        update(inbox)
        .where(inbox.c.id == message_id, inbox.c.state == RETRYING)
        .values(
            state=PARKED if retry_in is None else RETRYING,
            attempts=attempts,
            error=error,
            next_attempt_at=None if retry_in is None else func.now() + retry_in,
        )
    )


async def try_again(session: AsyncSession, message_id: UUID) -> bool:
    """The operator's retry: now, with all attempts before it. False when it waits for no retry."""
    changed = await session.execute(
        update(inbox)
        .where(inbox.c.id == message_id, inbox.c.state.in_((RETRYING, PARKED)))
        .values(state=RETRYING, attempts=0, next_attempt_at=func.now())
        .returning(inbox.c.id)
    )
    return changed.first() is not None


async def skip(session: AsyncSession, message_id: UUID, reason: str) -> bool:
    """The operator's skip: never to be applied, with the reason. False when it was settled before."""
    changed = await session.execute(
        update(inbox)
        .where(inbox.c.id == message_id, inbox.c.state.in_((RETRYING, PARKED)))
        .values(state=SKIPPED, raw=None, next_attempt_at=None, reason=reason)
        .returning(inbox.c.id)
    )
    return changed.first() is not None
