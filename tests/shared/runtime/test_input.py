"""Whatever comes in: a problem of the right status, never a 5xx, never an echo."""

import base64
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import APIRouter
from pydantic import SecretStr

from portal.app import create_app
from portal.settings import PortalSettings
from portal.subscriptions import subscriptions_of
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.rights import Permission
from shared.database.engine import create_engine
from shared.messaging.tables import inbox
from shared.runtime import problems
from shared.runtime.access import Allowed
from shared.runtime.limits import MAX_BODY
from shared.runtime.revocation import alive_from
from shared.runtime.service import create_service
from tests.shared.runtime.conftest import knocking
from tests.support.house import House
from tests.support.proxy import Proxy

SECRET = "Jansen-van-Dongen"
JSON = {"Content-Type": "application/json"}


def is_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    body = answer.json()
    assert set(body) == {"type", "title", "status", "code", "detail", "params"}
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:doorstroom:problem:{code}"
    assert SECRET not in answer.text


def departing(**more: object) -> bytes:
    return json.dumps({"students": ["101"], "reason": "left"} | more).encode()


BODIES = {
    "no JSON": (b"{", 400, "malformed"),
    "no UTF-8": (b'{"students": ["\xff"]}', 400, "malformed"),
    "very deep": (b"[" * 30_000, 400, "malformed"),
    "a number of 5000 digits": (b'{"students": ' + b"9" * 5000 + b"}", 400, "malformed"),
    "two documents": (b"{}{}", 400, "malformed"),
    "nothing": (b"", 422, "invalid_input"),
    "null": (b"null", 422, "invalid_input"),
    "a list": (b"[]", 422, "invalid_input"),
    "a text": (f'"{SECRET}"'.encode(), 422, "invalid_input"),
    "a missing field": (b'{"reason": "left"}', 422, "invalid_input"),
    "an unknown field": (departing(extra=SECRET), 422, "invalid_input"),
    "an unknown field with a telling name": (departing(**{SECRET: 1}), 422, "invalid_input"),
    "a wrong type": (departing(students=SECRET), 422, "invalid_input"),
    "a wrong word": (departing(reason=SECRET), 422, "invalid_input"),
    "a code that is none": (departing(students=[SECRET]), 422, "invalid_input"),
    "a lone surrogate": (departing(students=["\ud800"]), 422, "invalid_input"),
    "NUL": (departing(students=["1\0"]), 422, "invalid_input"),
    "NaN": (b'{"students": [NaN], "reason": "left"}', 422, "invalid_input"),
    "NaN for a date": (b'{"students": ["1"], "reason": "left", "leaves_on": NaN}', 422, "invalid_input"),
    "Infinity": (b'{"students": ["1"], "reason": "left", "leaves_on": Infinity}', 422, "invalid_input"),
    "no such date": (departing(leaves_on="2026-02-30"), 422, "invalid_input"),
    "a date that is a text": (departing(leaves_on=SECRET), 422, "invalid_input"),
    "an id beyond the column": (departing(school=2**63), 422, "invalid_input"),
    "an id of 4000 digits": (departing(school=10**4000), 422, "invalid_input"),
    "an id below one": (departing(school=0), 422, "invalid_input"),
    "a boolean that is a text": (departing(confirm_threshold=SECRET), 422, "invalid_input"),
    "no students": (departing(students=[]), 422, "invalid_input"),
}


@pytest.mark.parametrize("what", BODIES)
async def test_a_body(door, what):
    body, status, code = BODIES[what]
    is_problem(await door.post("/departures", content=body, headers=JSON), status, code)


ADDRESSES = {
    "unknown route": ("GET", "/nothing/here", 404, "not_found"),
    "a path of odd signs": ("GET", "/%00%ff%ed%a0%80", 404, "not_found"),
    "another method": ("PUT", "/departures", 405, "method_not_allowed"),
    "id is a text": ("DELETE", f"/enrolments/{SECRET}", 404, "not_found"),
    "id beyond the column": ("DELETE", "/enrolments/9223372036854775808", 404, "not_found"),
    "id below one": ("DELETE", "/enrolments/0", 404, "not_found"),
    "id unknown": ("DELETE", "/enrolments/9223372036854775807", 404, "not_found"),
    "id of 5000 digits": ("DELETE", "/enrolments/" + "9" * 5000, 404, "not_found"),
    "no uuid": ("GET", f"/departures/{SECRET}", 404, "not_found"),
    "unknown uuid": ("GET", "/departures/0190d5a0-0000-7000-8000-000000000000", 404, "not_found"),
    "message without uuid": ("POST", f"/messages/{SECRET}/retry", 404, "not_found"),
    "unknown message": ("POST", "/messages/0190d5a0-0000-7000-8000-000000000000/retry", 404, "not_found"),
    "NUL in a code": ("GET", "/students/1%00", 404, "not_found"),
    "newline after a code": ("GET", "/students/1%0A", 404, "not_found"),
    "other digits in a code": ("GET", "/students/%D9%A1", 404, "not_found"),
    "unknown code": ("GET", "/students/999999", 404, "not_found"),
    "NUL in a search": ("GET", "/students?q=%00", 422, "invalid_input"),
    "search too long": ("GET", "/students?q=" + "x" * 5000, 422, "invalid_input"),
    "filter beyond the column": ("GET", "/students?project=9223372036854775808", 422, "invalid_input"),
    "filter is a text": ("GET", f"/students?project={SECRET}", 422, "invalid_input"),
    "filter is an unknown word": ("GET", f"/departures?state={SECRET}", 422, "invalid_input"),
    "limit too high": ("GET", "/students?limit=201", 422, "invalid_input"),
    "limit zero": ("GET", "/students?limit=0", 422, "invalid_input"),
    "limit NaN": ("GET", "/students?limit=NaN", 422, "invalid_input"),
    "missing filter": ("GET", "/messages", 422, "invalid_input"),
}


@pytest.mark.parametrize("what", ADDRESSES)
async def test_an_address(door, what):
    method, path, status, code = ADDRESSES[what]
    is_problem(await door.request(method, path), status, code)


async def test_a_method_that_is_not_there_names_those_that_are(door):
    answer = await door.put("/departures", content=departing(), headers=JSON)
    assert answer.headers["allow"]


@pytest.mark.parametrize("query", ["q=%ff", "q=%ed%a0%80", "q=%F0%9F%98%80", "unknown=1"])
async def test_odd_text_in_a_search_finds_nobody(door, query):
    answer = await door.get(f"/students?{query}")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


KEYS: list[object] = [
    {},
    [],
    [1],
    ["1"],
    [None, None],
    [True],
    [1.5],
    ["a\0", "b", 1],
    [2**63],
    [2**70],
    "x",
    1,
]
KEYS += [["\ud800"] * count for count in (1, 2, 3, 4)]
CURSORS = [
    "x",
    "é",
    "\0",
    *(base64.urlsafe_b64encode(json.dumps(key).encode()).decode() for key in KEYS),
    base64.urlsafe_b64encode(b"[" * 700).decode(),
    base64.urlsafe_b64encode(b"[NaN]").decode(),
]


@pytest.mark.parametrize("path", ["/projects", "/students", "/departures", "/messages?state=parked"])
async def test_a_cursor_that_is_not_ours(door, path):
    for cursor in CURSORS:
        answer = await door.get(
            path, params={"cursor": cursor} | ({"state": "parked"} if "?" in path else {})
        )
        if answer.status_code == 200:  # it could have been ours
            continue
        is_problem(answer, 422, "invalid_input")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"]
)
async def test_a_body_of_another_kind(door, media_type):
    headers = {"Content-Type": media_type} if media_type else {}
    is_problem(await door.post("/departures", content=departing(), headers=headers), 415, "wrong_media_type")


async def test_a_media_type_may_have_parameters(door):
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = await door.post("/departures/preview", content=b"{}", headers=headers)
    assert answer.status_code == 422


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    yield b'{"students": ["'
    for _ in range(size // 1024):
        yield b"1" * 1024


async def test_a_body_too_large(door):
    is_problem(await door.post("/departures", content=b" " * (MAX_BODY + 1), headers=JSON), 413, "too_large")
    is_problem(
        await door.post("/departures", content=in_pieces(MAX_BODY + 1), headers=JSON), 413, "too_large"
    )


async def test_a_body_just_small_enough(door):
    answer = await door.post("/departures", content=departing().ljust(MAX_BODY), headers=JSON)
    is_problem(answer, 422, "unknown_students")


async def test_a_content_length_that_lies(door):
    headers = JSON | {"Content-Length": "10"}
    answer = await door.post("/departures", content=in_pieces(MAX_BODY + 1), headers=headers)
    is_problem(answer, 413, "too_large")


async def test_an_import_may_be_larger(door):
    body = json.dumps({SECRET: "x" * MAX_BODY}).encode()
    is_problem(await door.post("/imports/project", content=body, headers=JSON), 422, "invalid_input")


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_an_idempotency_key_out_of_bounds(door, key):
    headers = JSON | {"Idempotency-Key": key}
    is_problem(await door.post("/departures", content=departing(), headers=headers), 422, "invalid_input")


async def test_a_list_of_messages_goes_on_after_its_first_page(house, door):
    engine = create_engine(house.owner_url("portal"), size=1)
    async with engine.begin() as database:
        rows = [
            {
                "id": f"0190d5a0-0000-7000-8000-{n:012d}",
                "type": "t",
                "state": "parked",
                "raw": SECRET.encode(),
            }
            for n in range(5)
        ]
        await database.execute(inbox.insert(), rows)
    await engine.dispose()

    seen: list[str] = []
    cursor: dict[str, str | None] = {}
    for _ in range(3):
        page = await door.get("/messages", params={"state": "parked", "limit": 2} | cursor)
        assert page.status_code == 200, page.text
        assert SECRET not in page.text
        seen += [item["id"] for item in page.json()["items"]]
        cursor = {"cursor": page.json()["next"]}

    assert (seen, cursor) == ([row["id"] for row in rows], {"cursor": None})


async def test_a_reason_to_skip_is_wanted(door):
    path = "/messages/0190d5a0-0000-7000-8000-000000000000/skip"
    for reason in ("", "no", "x" * 201, "a\0bc", 3):
        is_problem(await door.post(path, json={"reason": reason}), 422, "invalid_input")


async def test_database_away(house: House):
    settings = house.settings(PortalSettings, "portal")
    url = settings.database_url.get_secret_value()
    parts = urlsplit(url)
    async with Proxy.postgres(parts.hostname or "", parts.port or 0) as wire:
        settings.database_url = SecretStr(wire.through(url))
        app = create_app(settings)
        async with knocking(app, Authorization=f"Bearer {house.token()}") as door:
            assert (await door.get("/students")).status_code == 200
            await wire.refuse()
            for answer in (
                await door.get("/students"),
                await door.post("/departures", content=departing(), headers=JSON),
                await door.get("/metrics"),
            ):
                is_problem(answer, 503, "try_later")
                assert int(answer.headers["retry-after"]) > 0
            assert (await door.get("/health/live")).status_code == 200
            assert (await door.get("/health/ready")).status_code == 503
            await wire.accept()
            assert (await door.get("/students")).status_code == 200
        await app.state.road.engine.dispose()


def with_route(house: House, *, public: frozenset[str] = frozenset(), permissions: int = 0):
    router = APIRouter()

    @router.get("/broken", dependencies=[Allowed(p) for p in list(Permission)[:permissions]])
    async def broken() -> None:
        raise RuntimeError(SECRET)

    settings = house.settings(PortalSettings, "portal")
    return create_service(
        settings,
        title="Portal",
        unit_of_work=PortalUnitOfWork,
        subscriptions=subscriptions_of(settings),
        routers=[router],
        alive_from=alive_from,
        public=public,
    )


async def test_what_was_not_foreseen_is_told_to_nobody(house, app, caplog):
    broken = with_route(house, public=frozenset({"/broken"}))
    async with knocking(broken) as door:
        is_problem(await door.get("/broken"), 500, "unexpected")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "unexpected error"
    ]


@pytest.mark.parametrize("permissions", [0, 2])
def test_a_route_that_declares_not_one_permission_does_not_start(house, app, permissions):
    with pytest.raises(RuntimeError, match=f"/broken declares {permissions} permissions"):
        with_route(house, permissions=permissions)


def test_a_route_with_one_permission_starts(house, app):
    assert with_route(house, permissions=1)
