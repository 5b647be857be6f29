"""Guardians go with their last child and come back with the first, through the real door."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import httpx

from tests.journeys.test_undo import undo
from tests.support.eventually import eventually
from tests.support.rig import Rig

ONLY_CHILD = """
SELECT student FROM guardianship a WHERE student = ANY($1) GROUP BY student
HAVING bool_and((SELECT count(*) = 1 FROM guardianship b WHERE b.guardian = a.guardian)) ORDER BY 1 LIMIT 1
"""


async def guardians_of(client: httpx.AsyncClient, student: str) -> dict[str, bool]:
    """His guardians, and whether each is archived."""
    answer = await client.get(f"/api/users/users/{student}")
    assert answer.status_code == 200, answer.text
    return {one["code"]: one["archived"] for one in answer.json()["guardians"]}


async def digests_about(rig: Rig, student: str) -> list[EmailMessage]:
    """The mails, as files, that tell of him, once all have been sent."""
    notices = await rig.rows("users", "SELECT ended_at FROM notice WHERE student = $1", student)
    if not notices or None in {row["ended_at"] for row in notices}:
        return []
    return [mail for mail in mails_in(rig.stack.description["mail"]) if f"({student})" in mail.get_content()]


def mails_in(folder: str) -> list[EmailMessage]:
    return [message_from_bytes(file.read_bytes(), policy=default) for file in Path(folder).glob("*.eml")]


async def test_guardians_go_and_come_with_their_children(rig: Rig, manager: httpx.AsyncClient):
    [[student]] = await rig.rows("users", ONLY_CHILD, await rig.take(10))
    before = await guardians_of(manager, student)
    assert set(before.values()) == {False}

    body = {"students": [student], "reason": "left", "guardians": "archive"}
    [item] = (await manager.post("/api/portal/departures/preview", json=body)).json()["items"]
    assert {one["code"] for one in item["users"]["guardians"]} == set(before)

    batch = (await manager.post("/api/portal/departures", json=body)).json()["batch"]
    await rig.completed(batch)
    [departure] = (await manager.get("/api/portal/departures", params={"batch": batch})).json()["items"]
    assert departure["steps"]["account"]["removed"] == {"account": True, "guardians": sorted(before)}
    assert await guardians_of(manager, student) == dict.fromkeys(before, True)

    told = await eventually(lambda: digests_about(rig, student), seconds=10, what="a digest about him")
    assert len(told) == len({mail["To"] for mail in told}) > 1

    await undo(manager, batch)
    await rig.quiet()
    assert await guardians_of(manager, student) == before
