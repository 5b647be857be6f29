"""What the road forgets, and what it keeps however old it is."""

import asyncio

from sqlalchemy import insert, text

from shared.ids import new_id
from shared.messaging import metrics
from shared.messaging.retention import forget_hourly
from shared.messaging.tables import idempotent_reply, inbox, outbox
from tests.shared.messaging.road import Service
from tests.support.eventually import eventually


def days_ago(days: float):
    return text(f"now() - interval '{days} days'")


async def fill(service: Service) -> None:
    async with service.engine.begin() as database:
        for kind, published in (("old", 15), ("young", 13), ("waiting", None)):
            await database.execute(
                insert(outbox).values(
                    message_id=new_id(),
                    type=kind,
                    correlation_id="x",
                    created_at=days_ago(40),
                    published_at=None if published is None else days_ago(published),
                )
            )
        for state in ("applied", "skipped", "retrying", "parked"):
            for days in (13, 15):
                await database.execute(
                    insert(inbox).values(
                        id=new_id(), type=f"{state} {days}", state=state, received_at=days_ago(days)
                    )
                )
        for key, age in (("old", 1.1), ("young", 0.9)):
            await database.execute(
                insert(idempotent_reply).values(
                    caller="c",
                    route="r",
                    key=key,
                    body_hash=b"",
                    reply={},
                    created_at=days_ago(age),
                )
            )


async def test_forgets_what_is_old_and_settled(bench, service):
    await fill(service)
    forgetting = asyncio.create_task(forget_hourly(service.engine))

    async def done():
        return len(await service.rows(text("SELECT 1 FROM idempotent_reply"))) == 1

    await eventually(done)
    forgetting.cancel()
    await asyncio.wait([forgetting])

    assert [row.type for row in await service.outbox()] == ["young", "waiting"]
    assert {row.type for row in await service.inbox()} == {
        "applied 13",
        "skipped 13",
        "retrying 13",
        "retrying 15",
        "parked 13",
        "parked 15",
    }
    assert [row.key for row in await service.rows(text("SELECT key FROM idempotent_reply"))] == ["young"]


async def test_depths_are_counted_when_asked(bench, service):
    await fill(service)

    async with service.engine.connect() as database:
        await metrics.measure_depths(database)

    assert metrics.OUTBOX_PENDING._value.get() == 1
    assert metrics.OUTBOX_OLDEST._value.get() > 39 * 86400
    assert metrics.INBOX_PENDING._value.get() == 2
    assert metrics.PARKED._value.get() == 2
