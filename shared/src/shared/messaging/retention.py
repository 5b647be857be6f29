"""How long the road remembers: 14 days of messages for replay, 24 hours of idempotent replies."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_HOUR = 3600.0

_FORGET = (
    "DELETE FROM outbox WHERE published_at < now() - interval '14 days'",
    "DELETE FROM inbox WHERE state IN ('applied', 'skipped') AND received_at < now() - interval '14 days'",
    "DELETE FROM idempotent_reply WHERE created_at < now() - interval '24 hours'",
)


async def forget_hourly(engine: AsyncEngine) -> None:
    """Forget what is old enough, until cancelled. Replicas may do it at once."""
    while True:
        async with engine.begin() as database:
            for statement in _FORGET:
                await database.execute(text(statement))
        await asyncio.sleep(_HOUR)
