"""RabbitMQ away, not there yet, or out of room."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.ground import Ground
from tests.faults.strikes.strike import Strike
from tests.support.eventually import eventually
from tests.support.rig import SERVICES, Rig


def broker_away(seconds: float) -> Strike:
    """It stops in order, and is back after so long."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        async with without_broker(ground.rig):
            back_at = asyncio.get_running_loop().time() + seconds
            yield
            assert await ground.rig.unfinished(ground.students), "nothing went by way of the broker"
            await asyncio.sleep(max(0.0, back_at - asyncio.get_running_loop().time()))

    return strike


@asynccontextmanager
async def started_without_broker(ground: Ground) -> AsyncIterator[None]:
    """The services start anew while there is no broker: they answer, and are ready when it is there."""
    rig = ground.rig
    async with without_broker(rig):
        pids = {service: rig.pid(service) for service in SERVICES}
        for pid in pids.values():
            os.kill(pid, signal.SIGTERM)
        for pid in pids.values():
            await eventually(lambda pid=pid: _has_ended(pid), what="the old process ended")  # type: ignore[misc]
        for path in ("portal/students", "users/users", "desktop/projects"):
            await eventually(lambda path=path: _reads(ground, f"/api/{path}?limit=1"), what=f"{path} is read")  # type: ignore[misc]
        for service in SERVICES:
            ready = await ground.manager.get(f"{rig.stack.description[service]}/health/ready")
            assert ready.status_code == 503
        yield
    for service, pid in pids.items():
        await rig.restarted(service, pid)


async def _has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def _reads(ground: Ground, path: str) -> bool:
    return (await ground.manager.get(path)).status_code == 200


@asynccontextmanager
async def without_broker(rig: Rig) -> AsyncIterator[None]:
    """It stops in order, and starts again afterwards."""
    broker = rig.stack.servers.programs["rabbitmq"]
    at_the_end, broker.program.stop_signal = broker.program.stop_signal, signal.SIGTERM
    await broker.stop()
    try:
        yield
    finally:
        broker.program.stop_signal = at_the_end
        await broker.start()


@asynccontextmanager
async def broker_disk_full(ground: Ground) -> AsyncIterator[None]:
    """RabbitMQ's disk alarm: it blocks who publishes, until there is room again."""
    await ground.rig.rabbitmqctl("set_disk_free_limit", "1000000GB")
    try:
        yield
        await asyncio.sleep(6)  # longer than a publisher waits for a confirm
        assert await ground.rig.unfinished(ground.students), "nothing was blocked"
    finally:
        await ground.rig.rabbitmqctl("set_disk_free_limit", "50MB")
