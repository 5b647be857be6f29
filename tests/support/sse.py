"""Reading Server-Sent Events to the end of the stream."""

import json
from typing import Any

import httpx


async def events_of(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """All events with their data, until the server ends the stream."""
    events, event = [], {}
    async with client.stream("GET", path) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            field, _, value = line.partition(":")
            if field in {"event", "id"}:
                event[field] = value.strip()
            elif field == "data":
                event["data"] = json.loads(value)
            elif not line and event:
                events.append(event)
                event = {}
    return events
