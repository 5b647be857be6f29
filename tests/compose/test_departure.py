"""Departures through the published door, and a portal that dies under them."""

import asyncio

import httpx

from tests.compose.composed import Composed, all_gone, depart, docker
from tests.support.sse import events_of


async def test_a_student_leaves(school: Composed, manager: httpx.AsyncClient):
    [student] = await school.take(manager, 1)
    before = (await manager.get(f"/api/students/{student}/footprint")).json()
    assert before["empty"] is False

    batch = await depart(manager, [student])
    events = await events_of(manager, f"/api/portal/departures/events?batch={batch}")

    assert events[-1]["data"]["state"] == "completed"
    await all_gone(manager, batch, [student])


async def test_the_office_of_the_demo_logs_in(school: Composed):
    async with school.client(school.logins["student_office"]) as office:
        assert (await office.get("/api/portal/students")).status_code == 200


async def test_a_portal_that_dies_is_there_again_and_nothing_is_lost(
    school: Composed, manager: httpx.AsyncClient
):
    students = await school.take(manager, 20)
    [portal] = school.containers("portal")

    batch = await depart(manager, students)
    docker("exec", portal["Id"], "sh", "-c", "kill -KILL -1")
    await school.healthy("portal")

    await all_gone(manager, batch, students)
    assert school.containers("portal")[0]["RestartCount"] == 1


async def test_a_portal_that_was_killed_on_purpose_comes_back_with_up(
    school: Composed, manager: httpx.AsyncClient
):
    students = await school.take(manager, 5)
    [portal] = school.containers("portal")

    batch = await depart(manager, students)
    docker("kill", portal["Id"])
    assert (await manager.get("/api/portal/projects")).status_code == 503
    await asyncio.to_thread(school.up)

    await all_gone(manager, batch, students)
