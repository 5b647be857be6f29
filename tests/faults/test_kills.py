"""kill -9 of each process in turn, while departures are being requested and carried out."""

import asyncio

import httpx
import pytest

from tests.support.requests import departure_until_accepted
from tests.support.rig import Rig

STUDENTS = 100
PROCESSES = ("portal", "users", "desktop_sync", "rabbitmq")


async def test_hundred_departures_survive_a_kill_of_everything(rig: Rig, manager: httpx.AsyncClient):
    students = await rig.take(STUDENTS)
    first_pids = {process: rig.pid(process) for process in PROCESSES}
    requests = asyncio.create_task(one_by_one(manager, students))
    for process in PROCESSES:
        await asyncio.sleep(1)
        rig.stack.kill(process)
    batches = await requests
    for batch in batches:
        await rig.completed(batch, seconds=90)

    await rig.check(manager, students)
    assert all(rig.pid(process) != pid for process, pid in first_pids.items())


@pytest.mark.parametrize("process", [*PROCESSES, "postgres"])
async def test_bulk_survives_a_kill(rig: Rig, manager: httpx.AsyncClient, process: str):
    students = await rig.take(30)
    batch = await departure_until_accepted(manager, students)
    rig.stack.kill(process)

    await rig.completed(batch, seconds=90)
    await rig.stack.wait_ready(process)
    await rig.check(manager, students)


async def one_by_one(client: httpx.AsyncClient, students: list[str]) -> list[str]:
    """About 20 requests a second, each repeated with its key until it is accepted."""
    batches = []
    for student in students:
        batches.append(await departure_until_accepted(client, [student]))
        await asyncio.sleep(0.04)
    return batches
