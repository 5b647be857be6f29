"""What an operator watches (names.md "HTTP": metrics). Depths are counted when they are asked for."""

from prometheus_client import Counter, Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

RETRIED = Counter("doorstroom_messages_retried", "Messages that were tried again")
OUTBOX_PENDING = Gauge("doorstroom_outbox_pending", "Messages not yet confirmed by the broker")
OUTBOX_OLDEST = Gauge("doorstroom_outbox_oldest_seconds", "Age of the oldest of them")
INBOX_PENDING = Gauge("doorstroom_inbox_pending", "Messages waiting for another attempt")
PARKED = Gauge("doorstroom_messages_parked", "Messages that wait for a person")

_DEPTHS = text(
    "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL),"
    " (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM outbox"
    " WHERE published_at IS NULL),"
    " (SELECT count(*) FROM inbox WHERE state = 'retrying'),"
    " (SELECT count(*) FROM inbox WHERE state = 'parked')"
)


async def measure_depths(database: AsyncConnection) -> None:
    """Set the gauges from the tables."""
    depths = (await database.execute(_DEPTHS)).one()
    for gauge, depth in zip((OUTBOX_PENDING, OUTBOX_OLDEST, INBOX_PENDING, PARKED), depths, strict=True):
        gauge.set(float(depth))
