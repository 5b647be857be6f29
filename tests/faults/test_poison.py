"""What cannot be read or applied is parked where an operator sees it; the rest goes on."""

import json
from typing import Any
from uuid import uuid4

import aio_pika
import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.requests import departure_until_accepted
from tests.support.rig import Rig

OWNERS = {"portal": "portal", "users": "users", "desktop": "desktop_sync"}


async def send(rig: Rig, key: str, body: bytes) -> str:
    """Publish a command as the broker's administrator; returns its message id."""
    message_id = str(uuid4())
    async with await aio_pika.connect(rig.stack.description["amqp"]) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("doorstroom.commands")
        await exchange.publish(aio_pika.Message(body, message_id=message_id, type=key), key)
    return message_id


async def shown(manager: httpx.AsyncClient, service: str, message_id: str, state: str) -> dict[str, Any]:
    page = await manager.get(f"/api/{service}/messages", params={"state": state, "limit": 200})
    assert page.status_code == 200, page.text
    return next((m for m in page.json()["items"] if m["id"] == message_id), {})


@pytest.mark.parametrize("service", OWNERS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [("nonsense.do.v1", b"{}"), (None, b"{not json"), (None, b'{"departure": 7}')],
    ids=["unknown type", "no JSON", "wrong fields"],
)
async def test_poison_is_parked_and_the_rest_goes_on(rig: Rig, manager, service, kind, body):
    known = {
        "portal": "portal.enrolments.remove.v1",
        "users": "users.account.archive.v1",
        "desktop": "desktop.student.delete.v1",
    }
    message_id = await send(rig, f"{service}.{kind}" if kind else known[service], body)
    students = await rig.take(2)
    batch = await departure_until_accepted(manager, students)
    await rig.completed(batch)

    parked = await eventually(lambda: shown(manager, service, message_id, "parked"), what="parked")
    assert parked["attempts"] == 1
    assert parked["error"].startswith("unknown_type" if kind else "unreadable_body")
    skipped = await manager.post(f"/api/{service}/messages/{message_id}/skip", json={"reason": "a test"})
    assert skipped.status_code == 200, skipped.text
    assert await shown(manager, service, message_id, "parked") == {}
    await rig.check(manager, students)


async def test_operator_retries_a_parked_message_once_its_cause_is_gone(rig: Rig, manager):
    """Archiving a member of staff for a departure is refused for good, until he turns out to be a student."""
    await rig.rows(
        "users",
        """INSERT INTO "user" SELECT (jsonb_populate_record(u, '{"code": "999999", "username": "999999"}')).*
           FROM "user" u WHERE kind = 'staff' LIMIT 1""",
    )
    command = {
        "departure": str(uuid4()),
        "epoch": 0,
        "student": "999999",
        "school": 1,
        "requested_by": "test",
    }
    message_id = await send(rig, "users.account.archive.v1", json.dumps(command).encode())
    await eventually(lambda: shown(manager, "users", message_id, "parked"), what="parked")
    await rig.rows("users", "UPDATE \"user\" SET kind = 'student' WHERE code = '999999'")

    retried = await manager.post(f"/api/users/messages/{message_id}/retry")

    assert retried.status_code == 200, retried.text
    await eventually(lambda: archived(rig, "999999"), what="the message applied")
    assert await shown(manager, "users", message_id, "parked") == {}


async def archived(rig: Rig, code: str) -> bool:
    rows = await rig.rows("users", 'SELECT archived_at FROM "user" WHERE code = $1', code)
    return rows[0]["archived_at"] is not None


async def test_step_that_fails_is_retried_at_the_operators_word(rig: Rig, manager):
    [student] = await rig.take(1)
    await rig.rows(
        "desktop_sync",
        f"ALTER TABLE departure_work ADD CONSTRAINT ck_cause CHECK (student_code <> '{student}') NOT VALID",
    )
    batch = await departure_until_accepted(manager, [student])
    try:
        failed = await eventually(lambda: first(manager, "desktop", "retrying"), what="retrying")
        assert failed["type"] == "desktop.student.delete.v1"
        assert "Check" in failed["error"] or "Integrity" in failed["error"]
    finally:
        await rig.rows("desktop_sync", "ALTER TABLE departure_work DROP CONSTRAINT ck_cause")
    await manager.post(f"/api/desktop/messages/{failed['id']}/retry")

    await rig.completed(batch, seconds=8)  # sooner than its own next attempt, after 10 s
    await rig.check(manager, [student])


async def first(manager: httpx.AsyncClient, service: str, state: str) -> dict[str, Any]:
    items = (await manager.get(f"/api/{service}/messages", params={"state": state})).json()["items"]
    return items[0] if items else {}


async def test_step_that_was_given_up_says_why_and_is_tried_again_at_a_persons_word(rig: Rig, manager):
    [student] = await rig.take(1)
    kind = 'UPDATE "user" SET kind = $2 WHERE code = $1'
    await rig.rows("users", kind, student, "staff")  # archiving staff for a departure is refused for good
    asked = await manager.post("/api/portal/departures", json={"students": [student], "reason": "left"})
    departure, batch = asked.json()["items"][0]["id"], asked.json()["batch"]

    async def account() -> dict[str, Any]:
        shown = (await manager.get(f"/api/portal/departures/{departure}")).json()
        return shown["steps"]["account"] if shown["steps"]["account"]["state"] == "failed" else {}

    try:
        step = await eventually(account, what="the step failed")
        assert (step["reason"], step["stuck"]) == ("not_a_student", False)
        parked = await first(manager, "users", "parked")
    finally:
        await rig.rows("users", kind, student, "student")
    await manager.post(f"/api/portal/departures/{departure}/steps/account/retry")

    await rig.completed(batch)
    skipped = await manager.post(f"/api/users/messages/{parked['id']}/skip", json={"reason": "done since"})
    assert skipped.status_code == 200, skipped.text
    assert (await manager.get(f"/api/students/{student}/footprint")).json()["empty"] is True
