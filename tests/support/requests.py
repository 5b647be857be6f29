"""Requests as a careful client sends them: with a key, and again until they are answered."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import httpx

_AWAY = {500, 502, 503, 504}


async def departure_until_accepted(
    client: httpx.AsyncClient, students: Sequence[str], *, seconds: float = 60
) -> str:
    """Request a departure of these students, with one key: at most one effect. Returns the batch."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    body = {"students": list(students), "reason": "left", "confirm_threshold": True}
    headers = {"Idempotency-Key": str(uuid4())}
    while True:
        try:
            answer = await client.post("/api/portal/departures", json=body, headers=headers)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code not in _AWAY:
            assert answer.status_code == 202, answer.text
            batch: str = answer.json()["batch"]
            return batch
        assert loop.time() < deadline, "the departure was not accepted in time"
        await asyncio.sleep(0.2)
