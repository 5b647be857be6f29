"""Another program of the school, over RabbitMQ alone: docs/examples/automation.py as it stands there."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika
import httpx
import pytest

from tests.journeys.test_data_check import asking, awaited
from tests.journeys.test_departure import footprint
from tests.support.eventually import eventually
from tests.support.rig import Rig

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "automation.py"
REQUEST = "portal.departure.request.v1"


async def run_example(rig: Rig, *students: str, url: str | None = None) -> tuple[int, list[tuple[str, Any]]]:
    """Its exit code, and what it printed: (type, body)."""
    told = os.environ | {"AMQP_URL": url or rig.stack.description["amqp_automation"]}
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLE), *students, env=told, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await asyncio.wait_for(program.communicate(), 90)
    said = [line.partition(" ") for line in printed.decode().splitlines()]
    return program.returncode or 0, [(kind, json.loads(body)) for kind, _, body in said]


async def answer_to(rig: Rig, body: bytes, **properties: Any) -> dict[str, Any]:
    """The refusal of one request."""
    url, request = rig.stack.description["amqp_automation"], str(uuid4())
    user = urlsplit(url).username
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        answers = await channel.declare_queue(f"automation.{user}.{request}", exclusive=True)
        await answers.bind("doorstroom.facts", "portal.departure.refused.v1")
        message = aio_pika.Message(body, **{"message_id": request, "user_id": user} | properties)
        commands = await channel.get_exchange("doorstroom.commands", ensure=False)
        await commands.publish(message, REQUEST)
        heard = await eventually(lambda: answers.get(no_ack=True, fail=False), what="an answer")
    assert heard is not None
    assert heard.correlation_id == request
    refused: dict[str, Any] = json.loads(heard.body)
    assert refused["request"] == request
    return refused


async def is_at_school(rig: Rig, student: str) -> bool:
    return bool(await rig.rows("portal", "SELECT 1 FROM enrolment WHERE student_code = $1", student))


async def test_students_leave_by_queue_until_nothing_is_left(rig: Rig, manager: httpx.AsyncClient):
    students = await rig.take(2)

    ended, said = await run_example(rig, *students)

    assert ended == 0, said
    for fact in ("requested", "completed"):
        about = [body["student"] for kind, body in said if kind == f"portal.departure.{fact}.v1"]
        assert sorted(about) == sorted(students)
    await rig.check(manager, students)
    [shown] = (await manager.get("/api/portal/departures", params={"student": students[0]})).json()["items"]
    assert shown["requested_by"] == urlsplit(rig.stack.description["amqp_automation"]).username


async def test_it_hears_of_the_end_also_when_a_timetabler_brings_it(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    project = (await footprint(manager, student))["desktop"]["projects"][0]["project"]

    async def batch() -> str:
        found = (await manager.get("/api/portal/departures", params={"student": student})).json()["items"]
        return found[0]["batch"] if found else ""

    async with rig.client("timetabler") as timetabler, asking(timetabler, project):
        example = asyncio.ensure_future(run_example(rig, student))
        await awaited(manager, await eventually(batch, what="a departure"))
        await timetabler.post(f"/api/desktop/projects/{project}/take-over", json={"kind": "department"})
        ended, said = await example

    assert (ended, [kind.split(".")[2] for kind, _ in said]) == (0, ["requested", "completed"])
    await rig.check(manager, [student])


async def test_unknown_student_is_refused_and_the_others_stay(rig: Rig):
    [student] = await rig.take(1)

    ended, said = await run_example(rig, student, "1")

    assert ended == 1
    [(kind, refused)] = said
    assert kind == "portal.departure.refused.v1"
    assert (refused["code"], refused["students"]) == ("unknown_students", ["1"])
    assert await is_at_school(rig, student)


async def test_more_than_the_threshold_is_refused(rig: Rig):
    students = await rig.take(26)

    ended, said = await run_example(rig, *students)

    assert (ended, said[0][1]["code"]) == (1, "threshold_exceeded")
    assert await is_at_school(rig, students[0])
    rig.give_back(students)


async def test_body_that_cannot_be_read_is_answered(rig: Rig):
    for body in (b"{", b'{"students": [], "reason": "left"}', b'{"students": ["1"], "reason": "x"}'):
        refused = await answer_to(rig, body)
        assert (refused["code"], refused["students"]) == ("invalid_input", [])


async def test_a_request_in_nobodys_name_is_refused(rig: Rig):
    body = json.dumps({"students": ["1"], "reason": "left"}).encode()
    assert (await answer_to(rig, body, user_id=None))["code"] == "not_logged_in"


async def test_a_user_the_portal_does_not_know_is_refused(rig: Rig):
    """The broker's administrator may send it; that is no right in the portal."""
    url = rig.stack.description["amqp"]
    if urlsplit(url).username == urlsplit(rig.stack.description["amqp_automation"]).username:
        pytest.skip("one RabbitMQ user serves for all, and is the automation")
    [student] = await rig.take(1)

    ended, said = await run_example(rig, student, url=url)

    assert (ended, [body["code"] for _, body in said]) == (1, ["not_allowed"])
    assert await is_at_school(rig, student)
    rig.give_back([student])
