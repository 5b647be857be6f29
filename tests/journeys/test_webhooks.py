"""A program outside hears of a departure over HTTP, and verifies it as docs/webhooks.md shows."""

import re
from pathlib import Path
from typing import Any

import httpx

from tests.support.eventually import eventually
from tests.support.receiver import receiving
from tests.support.rig import Rig

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"


def verified(**given: Any) -> dict[str, Any]:
    """What the example on the page makes of a request."""
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(example, given)  # noqa: S102 - the page is ours
    return given


async def test_a_program_outside_hears_of_a_departure(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    async with receiving(500) as receiver:
        asked = await manager.post("/api/portal/webhooks", json={"url": receiver.url})
        assert asked.status_code == 201, asked.text
        path = asked.headers["Location"]
        body = {"students": [student], "reason": "left"}
        batch = (await manager.post("/api/portal/departures", json=body)).json()["batch"]
        await rig.completed(batch)
        requests = await eventually(lambda: receiver.received(3), what="requested twice, completed once")
        off = await manager.patch(path, json={"active": False}, headers={"If-Match": asked.headers["ETag"]})
        assert (off.status_code, off.json()["switched_off"]["reason"]) == (200, "by_hand")
        assert (await manager.delete(path)).status_code == 204

    heard = [
        verified(secret=asked.json()["secret"], body=request.body, headers=request.headers)
        for request in requests
    ]
    assert {one["status"] for one in heard} == {204}
    assert {one["told"]["data"]["student"] for one in heard} == {student}
    assert {one["told"]["type"] for one in heard} == {
        "portal.departure.requested.v1",
        "portal.departure.completed.v1",
    }
    assert len({request.headers["webhook-id"] for request in requests}) == 2
    forged = verified(secret=asked.json()["secret"], body="{}", headers=requests[0].headers)
    assert forged["status"] == 401
