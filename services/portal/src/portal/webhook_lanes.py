"""The loop that sends webhooks: each has a lane of its own, so that a slow receiver delays only itself.

A lane takes what is due (a transaction), sends it (none), and notes how it went (another): a database
connection never waits for a receiver. Who dies in between leaves his letters to be taken after the lease.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from portal.features.webhook_deliveries import end_attempts, forget_old, take_due
from portal.models.webhook import WebhookId
from portal.settings import PortalSettings
from portal.unit_of_work import PortalUnitOfWork
from portal.webhook_posting import Post
from shared import clock
from shared.contracts.values import Party
from shared.ids import new_id
from shared.messaging.unit_of_work import Origin
from shared.runtime.road import Loop, Road

LOOK_SECONDS = 1.0
FORGET_SECONDS = 3600.0
AT_ONCE = 8
"""Letters that one receiver gets at the same time."""


def webhook_loops(settings: PortalSettings) -> list[Loop]:
    """Sending, and forgetting what was sent long ago."""

    async def send_webhooks(road: Road) -> None:
        async with aclosing(Post(private_allowed=settings.webhook_private_addresses)) as post:
            await _keep_lanes(road, post)

    async def forget_deliveries(road: Road) -> None:
        while True:
            async with _work(road) as uow:
                await forget_old(uow)
            await asyncio.sleep(FORGET_SECONDS)

    return [send_webhooks, forget_deliveries]


async def _keep_lanes(road: Road, post: Post) -> None:
    lanes: dict[WebhookId, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as tasks:
        while True:
            lanes = {webhook: lane for webhook, lane in lanes.items() if not lane.done()}
            async with _work(road) as uow:
                with_work = await uow.webhooks.with_work(clock.now(), lanes.keys())
            for webhook in with_work:
                lanes[webhook] = tasks.create_task(_send_due(road, post, webhook))
            await asyncio.sleep(LOOK_SECONDS)


async def _send_due(road: Road, post: Post, webhook: WebhookId) -> None:
    """One lane, until nothing more is due."""
    while True:
        async with _work(road) as uow:
            letters = await take_due(uow, webhook, AT_ONCE)
        if not letters:
            return
        attempts = await post.bring(letters)
        async with _work(road) as uow:
            await end_attempts(uow, webhook, list(zip(letters, attempts, strict=True)))


@asynccontextmanager
async def _work(road: Road) -> AsyncIterator[PortalUnitOfWork]:
    async with road.open_work(Origin(actor=Party.PORTAL, correlation_id=str(new_id()))) as uow:
        yield uow
        await uow.commit()
