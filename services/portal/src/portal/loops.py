"""What the portal does by the clock: departures become due, commands without an answer go out again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from portal.features.departure_schedule import AT_ONCE, begin_due, resend_unanswered
from portal.settings import PortalSettings
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.values import Party
from shared.ids import new_id
from shared.messaging.unit_of_work import Origin
from shared.runtime.road import Loop, Road

LOOK_SECONDS = 2.0


def loops_of(settings: PortalSettings) -> list[Loop]:
    """The loops of one process; replicas pass over each other's work."""
    after = timedelta(seconds=settings.step_resend_seconds)

    async def begin_what_is_due(road: Road) -> None:
        await _repeat(road, begin_due)

    async def resend_what_is_late(road: Road) -> None:
        await _repeat(road, lambda uow: resend_unanswered(uow, after))

    return [begin_what_is_due, resend_what_is_late] if after else [begin_what_is_due]


async def _repeat(road: Road, act: Callable[[PortalUnitOfWork], Awaitable[int]]) -> None:
    while True:
        async with road.open_work(Origin(actor=Party.PORTAL, correlation_id=str(new_id()))) as uow:
            found = await act(uow)
            await uow.commit()
        if found < AT_ONCE:
            await asyncio.sleep(LOOK_SECONDS)
