"""The rules of what may come in hold for every route there is: the table is made from the documents."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from shared.contracts.rights import Role
from shared.messaging.tables import idempotent_reply
from shared.runtime import problems
from shared.runtime.limits import MAX_BODY, BodyLimits
from shared.runtime.paging import MOST
from tests.shapes.conftest import Door
from tests.shapes.operations import Operation, operations_of
from tests.shapes.wrong import MARKER, wrongs
from tests.shared.runtime.conftest import knocking
from tests.support.house import SERVICES, House

JSON = {"Content-Type": "application/json"}
UNKNOWN = {"integer": str(2**63 - 1), "uuid": "0190d5a0-0000-7000-8000-00000000000f", "string": "999999999"}
KNOWS_ALL = {"GET /students/{code}/footprint"}
"""The desktop answers that it holds nothing."""
CALLER = "manager"


@pytest.fixture(params=SERVICES)
def door(doors: dict[str, Door], request: pytest.FixtureRequest) -> Door:
    return doors[request.param]


@pytest.fixture
def operations(door: Door) -> list[Operation]:
    return list(operations_of(door.app.openapi(), door.familiar))


@pytest.fixture
async def caller(house: House, door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """Who may do everything."""
    token = house.token(CALLER, dict.fromkeys((Role.APPLICATION_MANAGER, Role.TIMETABLER)))
    async with knocking(door.app, Authorization=f"Bearer {token}") as client:
        yield client


async def ask(caller: httpx.AsyncClient, operation: Operation, **more: Any) -> httpx.Response:
    """With the right input but for what is said."""
    headers = {"If-Match": "*"} if operation.takes("If-Match") else {}
    if operation.body is not None:
        more.setdefault("content", raw(operation.right(operation.body)))
        headers |= JSON
    url = more.pop("url", operation.address())
    headers |= more.pop("headers", {})
    return await caller.request(operation.method, url, headers=headers, **more)


def raw(body: Any) -> bytes:
    return json.dumps(body).encode()


def right_bodies(operation: Operation) -> list[dict[str, bytes]]:
    """With all fields, and with all but one: some exclude each other."""
    if operation.body is None:
        return [{}]
    full = operation.right(operation.body)
    others = [{name: value for name, value in full.items() if name != without} for without in full]
    return [{"content": raw(body)} for body in (full, *others)]


def unlike(answer: httpx.Response, status: int, code: str | None = None) -> str | None:
    """What is not as it should be: another status, no problem, or an echo."""
    if answer.status_code != status:
        return f"{answer.status_code} instead of {status}: {answer.text[:200]}"
    if answer.headers["content-type"] != problems.MEDIA_TYPE or answer.json()["status"] != status:
        return f"no problem: {answer.text[:200]}"
    if code is not None and answer.json()["code"] != code:
        return f"{answer.json()['code']} instead of {code}: {answer.json()['params']}"
    return f"an echo: {answer.text[:300]}" if MARKER in answer.text else None


async def test_one_wrong_place_in_a_body_is_told_without_an_echo(
    operations: list[Operation], caller: httpx.AsyncClient
):
    found = []
    for operation in operations:
        if operation.body is None:
            continue
        for wrong in wrongs(operation, operation.body):
            answer = await ask(caller, operation, content=raw(wrong.body))
            told = unlike(answer, 422, "invalid_input")
            if told is None:
                top = ".".join(("body", *wrong.place[:1]))
                if not any(one["place"].startswith(top) for one in answer.json()["params"]["errors"]):
                    told = f"told of elsewhere: {answer.json()['params']}"
            if told:
                found.append(f"{operation.name}: {wrong.what}: {told}")
    assert not found, "\n".join(found)


async def test_a_body_that_is_no_json_of_another_kind_or_too_large(
    door: Door, operations: list[Operation], caller: httpx.AsyncClient
):
    found = []
    parts: list[Any] = list(door.app.user_middleware)
    larger = next(one.kwargs["larger"] for one in parts if one.cls is BodyLimits) or {}
    for operation in operations:
        if operation.body is None:
            continue
        limit = larger.get(operation.path, MAX_BODY)
        right = raw(operation.right(operation.body))
        asked: dict[str, tuple[int, dict[str, Any]]] = {
            "no JSON": (400, {"content": b'{"' + MARKER.encode()}),
            "no UTF-8": (400, {"content": b'"\xff"'}),
            "another kind": (415, {"headers": {"Content-Type": "text/plain"}}),
            "of no kind": (415, {"headers": {"Content-Type": ""}}),
            "said to be too large": (413, {"headers": {"Content-Length": str(limit + 1)}}),
        }
        if limit == MAX_BODY:
            asked["too large"] = (413, {"content": right.ljust(MAX_BODY + 1)})
        for what, (status, more) in asked.items():
            if told := unlike(await ask(caller, operation, **more), status):
                found.append(f"{operation.name}: {what}: {told}")
    assert not found, "\n".join(found)


async def test_an_id_that_is_malformed_or_unknown_is_not_found(
    operations: list[Operation], caller: httpx.AsyncClient
):
    found = []
    for operation in operations:
        for name, parameter in operation.parameters("path").items():
            schema = operation.plain(parameter["schema"])
            kind = schema.get("format") or schema["type"]
            others = [f"{MARKER} {MARKER}", "\x00"]
            if kind == "integer":
                others += ["0", "-1", "1.0", "01x", str(2**63)]
            if operation.name not in KNOWS_ALL and "enum" not in schema:
                others.append(UNKNOWN[kind])
            for other in others:
                answer = await ask(caller, operation, url=operation.address(**{name: other}))
                if told := unlike(answer, 404, "not_found"):
                    found.append(f"{operation.name}: {name} {other!r}: {told}")
    assert not found, "\n".join(found)


async def test_a_page_has_a_largest_size_and_a_cursor_of_ours(
    operations: list[Operation], caller: httpx.AsyncClient
):
    found = []
    for operation in operations:
        if "limit" not in operation.parameters("query"):
            continue
        for asked, status in (
            ({"limit": MOST}, 200),
            ({"limit": MOST + 1}, 422),
            ({"limit": 0}, 422),
            ({"limit": MARKER}, 422),
            ({"cursor": MARKER}, 422),
            ({"cursor": "\x00"}, 422),
        ):
            url = httpx.URL(operation.address()).copy_merge_params(asked)
            answer = await ask(caller, operation, url=url)
            if answer.status_code != status or MARKER in answer.text:
                found.append(f"{operation.name}: {asked}: {answer.status_code} {answer.text[:200]}")
    assert not found, "\n".join(found)


async def test_a_filter_that_is_wrong_is_told_without_an_echo(
    operations: list[Operation], caller: httpx.AsyncClient
):
    found = []
    for operation in operations:
        for name, parameter in operation.parameters("query").items():
            schema = operation.plain(parameter["schema"])
            values = {"string": ["\x00"], "integer": [MARKER, "NaN", str(2**63)], "boolean": [MARKER]}
            if "enum" in schema or "format" in schema:
                values["string"].append(MARKER)
            for value in values.get(schema["type"], []):
                url = httpx.URL(operation.address()).copy_set_param(name, value)
                if told := unlike(await ask(caller, operation, url=url), 422, "invalid_input"):
                    found.append(f"{operation.name}: {name}={value!r}: {told}")
    assert not found, "\n".join(found)


async def test_who_changes_a_version_says_which_one_he_saw(
    operations: list[Operation], caller: httpx.AsyncClient
):
    found = []
    for operation in operations:
        if not operation.takes("If-Match"):
            if operation.method in {"put", "patch"} and operation.body is not None:
                found.append(f"{operation.name} takes no If-Match")
            continue
        stale = await ask(caller, operation, headers={"If-Match": '"0"'})
        if told := unlike(stale, 412, "version_stale"):
            found.append(f"{operation.name}: stale: {told}")
        if operation.parameters("header")["if-match"]["required"]:
            content = raw(operation.right(operation.body)) if operation.body else None
            missing = await caller.request(
                operation.method, operation.address(), content=content, headers=JSON
            )
            if told := unlike(missing, 428, "version_required"):
                found.append(f"{operation.name}: missing: {told}")
    assert not found, "\n".join(found)


async def test_a_key_that_was_used_for_another_body_is_refused(
    door: Door, operations: list[Operation], caller: httpx.AsyncClient
):
    acting = [operation for operation in operations if operation.takes("Idempotency-Key")]
    used = [
        {"caller": CALLER, "route": operation.name, "key": "used", "body_hash": b"another", "reply": {}}
        for operation in acting
    ]
    async with door.app.state.road.engine.begin() as database:
        if used:
            await database.execute(insert(idempotent_reply), used)
    found = []
    for operation in acting:
        tried = [
            unlike(
                await ask(caller, operation, **body, headers={"Idempotency-Key": "used"}),
                422,
                "idempotency_key_reused",
            )
            for body in right_bodies(operation)
        ]
        if all(tried):
            found.append(f"{operation.name}: {operation.address()}: {tried[0]}")
    assert not found, "\n".join(found)
