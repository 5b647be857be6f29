import asyncio
import gzip
from contextlib import suppress

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.gateway.fakes import hang


@pytest.mark.parametrize("name", ["portal", "users", "desktop"])
async def test_each_service_has_its_part_of_the_door(door, name):
    service = getattr(door, name)
    service.on("GET /things/1", {"from": name})
    answer = await door.client.get(f"/api/{name}/things/1?q=a%20b&q=c")
    assert answer.json() == {"from": name}
    assert service.asked[0].query == "q=a%20b&q=c"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_methods_bodies_and_statuses_go_through(door, method):
    door.portal.on(f"{method} /things", {"ok": True}, 207)
    answer = await door.client.request(method, "/api/portal/things", json={"a": 1})
    assert (answer.status_code, answer.json()) == (207, {"ok": True})
    assert door.portal.asked[0].json == {"a": 1}


async def test_a_form_goes_through_too(door):
    door.users.on("POST /oauth/token", {"access_token": "x"})
    await door.client.post("/api/users/oauth/token", data={"grant_type": "password"})
    assert door.users.asked[0].body == b"grant_type=password"
    assert door.users.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_headers_of_the_request(door):
    door.portal.on("POST /things", {})
    passed = {"If-Match": '"3"', "Idempotency-Key": "k", "traceparent": "00-1-2-01", "X-Own": "1"}
    dropped = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=6.6.6.6",
        "Connection": "close, X-Hop",
        "X-Hop": "1",
        "TE": "trailers",
        "Upgrade": "websocket",
    }
    await door.client.post("/api/portal/things", json={}, headers=passed | dropped)
    headers = door.portal.asked[0].headers
    for name, value in passed.items():
        assert headers[name.lower()] == value
    assert headers["authorization"] == door.client.headers["authorization"]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["host"] == door.portal.url.removeprefix("http://")
    for name in ("x-forwarded-host", "forwarded", "x-hop", "te", "upgrade"):
        assert name not in headers


async def test_headers_of_the_answer(door):
    told = {
        "ETag": '"4"',
        "Location": "/things/7",
        "Retry-After": "9",
        "X-Own": "1",
        "Keep-Alive": "timeout=5",
    }
    door.portal.on("POST /things", Response(b"{}", 202, told))
    answer = await door.client.post("/api/portal/things", json={})
    assert answer.headers["etag"] == '"4"'
    assert answer.headers["retry-after"] == "9"
    assert answer.headers["x-own"] == "1"
    assert answer.headers["location"] == "/api/portal/things/7"
    assert "keep-alive" not in answer.headers
    assert len(answer.headers.get_list("date")) == 1


async def test_a_location_never_shows_where_a_service_lives(door):
    door.portal.on("GET /old", Response(status_code=307, headers={"Location": f"{door.portal.url}/new?a=1"}))
    door.portal.on("GET /out", Response(status_code=307, headers={"Location": "https://elsewhere.example/x"}))
    assert (await door.client.get("/api/portal/old")).headers["location"] == "/api/portal/new?a=1"
    assert (await door.client.get("/api/portal/out")).headers["location"] == "https://elsewhere.example/x"


async def test_an_answer_keeps_its_encoding(door):
    packed = Response(gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    door.portal.on("GET /packed", packed)
    assert (await door.client.get("/api/portal/packed")).text == "hello"


@pytest.mark.parametrize(
    "line",
    [
        "GET /api/portal/../portal/metrics",
        "GET /api/portal/./metrics",
        "GET /api/portal//metrics",
        "GET /api/portal/%2e%2e/metrics",
        "GET /api/portal/students/..%2fmetrics",
        "GET /api/portal/%6detrics",
        "GET /api/portal/health/live",
        "GET /api/portal/metrics?x=1",
        "GET /api/portal/metrics#x",
        "GET /api/other/students",
        "GET http://evil.example/api/portal/metrics",
        "GET //evil.example/metrics",
        "GET /metrics",
    ],
)
async def test_no_way_to_metrics_health_or_elsewhere(door, line):
    for service in (door.portal, door.users, door.desktop):
        service.on("GET /metrics", {"secret": 1})
    assert await door.raw(line) == 404
    assert door.portal.asked == []


async def test_a_service_that_is_away_is_try_later(door):
    door.portal.on("GET /slow", hang)
    answer = await door.client.get("/api/portal/slow")
    assert (answer.status_code, answer.json()["code"]) == (503, "try_later")
    assert answer.headers["retry-after"]
    assert answer.json()["params"] == {"service": "portal"}


async def test_after_a_change_without_an_answer_it_says_so(door):
    door.portal.on("POST /slow", hang)
    answer = await door.client.post("/api/portal/slow", json={})
    assert answer.status_code == 503
    assert "not known" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_a_body_has_a_limit(door, method):
    door.portal.on(f"{method} /things", {})
    at_most = await door.client.request(method, "/api/portal/things", content=b"x" * 64 * 1024)
    assert at_most.status_code == 200
    too_large = await door.client.request(method, "/api/portal/things", content=b"x" * (64 * 1024 + 1))
    assert (too_large.status_code, too_large.json()["code"]) == (413, "too_large")
    assert len(door.portal.asked) == 1


async def test_a_body_without_a_length_has_the_same_limit_and_is_not_listened_to_for_ever(door):
    async def endless():
        while True:
            yield b"x" * 1024

    # Whether the client sees the 413 or a closed connection first is the network's to say.
    with suppress(httpx.TransportError):
        answer = await door.client.post("/api/portal/things", content=endless())
        assert answer.status_code == 413
    assert door.portal.asked == []


async def test_events_come_one_by_one_however_long_it_is_silent(door):
    more = asyncio.Event()

    async def events():
        yield "data: 1\n\n"
        await more.wait()
        yield "data: 2\n\n"

    async def stream(_: Request) -> Response:
        return StreamingResponse(events(), media_type="text/event-stream")

    door.portal.on("GET /departures/1/events", stream)
    async with door.client.stream("GET", "/api/portal/departures/1/events") as answer:
        lines = (line async for line in answer.aiter_lines() if line)
        assert await anext(lines) == "data: 1"
        await asyncio.sleep(1)  # twice as long as any other answer may take
        more.set()
        assert await anext(lines) == "data: 2"


async def test_when_the_listener_goes_the_service_is_told(door):
    ended = asyncio.Event()

    async def events():
        try:
            while True:
                yield "data: 1\n\n"
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async def stream(_: Request) -> Response:
        return StreamingResponse(events(), media_type="text/event-stream")

    door.portal.on("GET /events", stream)
    async with door.client.stream("GET", "/api/portal/events") as answer:
        await anext(answer.aiter_lines())
    await asyncio.wait_for(ended.wait(), 5)


async def test_two_cookies_stay_two(door):
    async def cookies(_: Request) -> Response:
        answer = JSONResponse({})
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    door.users.on("GET /things", cookies)
    assert len((await door.client.get("/api/users/things")).headers.get_list("set-cookie")) == 2
    await door.client.get("/api/users/things", headers={"Cookie": ""})
    assert not door.users.asked[1].headers.get("cookie")  # none is kept for the next caller
