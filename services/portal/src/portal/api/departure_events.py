"""Live progress by Server-Sent Events; no database session is held between two looks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from fastapi import Request
from fastapi.sse import ServerSentEvent

from portal.api.departures_shown import show_departure
from portal.models.departure import FINAL_STATES
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.ids import DepartureId
from shared.contracts.values import DepartureState
from shared.runtime.access import Caller, Tokens
from shared.runtime.work import origin_of

LOOK_SECONDS = 0.25

Look = Callable[[PortalUnitOfWork], Awaitable[Mapping[DepartureId, tuple[int, DepartureState]]]]


async def follow(request: Request, caller: Caller, look: Look) -> AsyncIterator[ServerSentEvent]:
    """An event for each departure that changed since the last look; `id` is its version.

    Ends when all are in a final state, and when the caller's token ends or his account is archived. FastAPI
    adds the heartbeat, every 15 s.
    """
    seen: dict[DepartureId, int] = {}
    tokens: Tokens = request.app.state.tokens
    while await tokens.is_alive(caller):
        async with request.app.state.road.open_work(origin_of(request)) as uow:
            found = await look(uow)
            changed = [one for one, (version, _) in found.items() if seen.get(one) != version]
            departures = await uow.departures.with_steps(changed) if changed else ()
        for departure in departures:
            seen[departure.id] = departure.version
            yield ServerSentEvent(
                event="departure", id=str(departure.version), data=show_departure(departure)
            )
        if all(state in FINAL_STATES for _, state in found.values()):
            return
        await asyncio.sleep(LOOK_SECONDS)
