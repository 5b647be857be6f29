"""Processes that are killed, asked to stop, or doubled."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.ground import Ground
from tests.faults.strikes.strike import Strike
from tests.support.replica import replica_of


def killed(*processes: str, every: float = 0.0) -> Strike:
    """SIGKILL, one process after the other, while it goes on."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        async def kill_all() -> None:
            for process in processes:
                await asyncio.sleep(every)
                pid = ground.rig.stack.kill(process)
                killing.append((process, pid))

        killing: list[tuple[str, int]] = []
        under_way = asyncio.create_task(kill_all()) if every else None
        yield
        await (under_way or kill_all())
        for process, pid in killing:
            await ground.rig.restarted(process, pid)

    return strike


def asked_to_stop(process: str, *signals: signal.Signals) -> Strike:
    """As an operator stops it; a few seconds later, if that did not help, more firmly. It starts again."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        async def stop() -> None:
            await asyncio.sleep(0.3)
            for one in signals:
                os.kill(pid, one)
                await asyncio.sleep(2 if one is not signals[-1] else 0)

        pid = ground.rig.pid(process)
        stopping = asyncio.create_task(stop())
        yield
        await stopping
        await ground.rig.restarted(process, pid)

    return strike


def two_replicas(service: str) -> Strike:
    """Two processes of it at work on one database and queue; the first, which led, is killed meanwhile."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        async with replica_of(ground.rig, service):
            async with killed(service, every=0.3)(ground):
                yield
            await ground.rig.ended(ground.students)

    return strike


@asynccontextmanager
async def second_portal(ground: Ground) -> AsyncIterator[None]:
    """A second process of the portal, which is asked as often as the first."""
    async with replica_of(ground.rig, "portal") as second:
        ground.doors.append(f"{second.url}/departures")
        yield
