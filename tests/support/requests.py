"""Requests as a careful client sends them: with a key, again until answered; a 500 is no answer to repeat."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx

_AWAY = {502, 503, 504}


async def until_answered(
    client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None, *, seconds: float = 60
) -> httpx.Response:
    """POST with one key, at most one effect, until there is an answer."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    headers = {"Idempotency-Key": str(uuid4())}
    while True:
        try:
            answer = await client.post(path, json=body, headers=headers)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code not in _AWAY:
            return answer
        assert loop.time() < deadline, f"{path} was not answered in time"
        await asyncio.sleep(0.2)


async def departure_until_accepted(
    client: httpx.AsyncClient, students: Sequence[str], *, seconds: float = 60, **more: Any
) -> str:
    """Request a departure of these students. Returns the batch."""
    body = {"students": list(students), "reason": "left", "confirm_threshold": True} | more
    answer = await until_answered(client, "/api/portal/departures", body, seconds=seconds)
    assert answer.status_code == 202, answer.text
    batch: str = answer.json()["batch"]
    return batch


async def undo_until_accepted(client: httpx.AsyncClient, departures: Sequence[str]) -> None:
    """Take each back. An undo has no key: whose answer was lost is told that it is done already."""
    for departure in departures:
        answer = await until_answered(client, f"/api/portal/departures/{departure}/undo")
        assert answer.status_code == 202 or answer.json()["code"] == "already_undone", answer.text
