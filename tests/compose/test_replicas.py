"""More than one of a service: they share the work, and each can do all of it."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.compose.composed import Composed, all_gone, depart, docker

SCALED = ("portal", "users", "desktop-sync")
QUEUES = ("doorstroom.desktop", "doorstroom.portal", "doorstroom.users")


@pytest.fixture(scope="module")
def two_of_each(school: Composed) -> Iterator[Composed]:
    school.up(*[argument for name in SCALED for argument in ("--scale", f"{name}=2")])
    assert len(school.containers(*SCALED)) == 2 * len(SCALED)
    yield school
    school.up()


async def test_fifty_leave_while_two_of_each_take_from_each_queue(
    two_of_each: Composed, manager: httpx.AsyncClient
):
    students = await two_of_each.take(manager, 50)

    await all_gone(manager, await depart(manager, students), students)

    taking = ["rabbitmqctl", "--quiet", "--no-table-headers", "list_consumers", "queue_name"]
    assert sorted(two_of_each.compose("exec", "-T", "rabbitmq", *taking).split()) == sorted(QUEUES * 2)


async def test_the_second_of_each_does_it_all_when_the_first_is_gone(
    two_of_each: Composed, manager: httpx.AsyncClient
):
    students = await two_of_each.take(manager, 10)
    firsts = [c["Id"] for c in two_of_each.containers(*SCALED) if c["Name"].endswith("-1")]
    assert len(firsts) == len(SCALED)

    await asyncio.to_thread(docker, "stop", *firsts)
    try:
        await all_gone(manager, await depart(manager, students), students)
    finally:
        docker("start", *firsts)
        await two_of_each.healthy()
