from typing import Any

import pytest
from starlette.responses import Response

from tests.gateway.fakes import hang

PORTAL, USERS = "GET /students/123/footprint", "GET /users/123/footprint"
ENROLMENT = {"id": 1, "kind": "enrolment"}
HELD: dict[str, dict[str, Any]] = {
    "portal": {"enrolments": [ENROLMENT], "prognoses": []},
    "users": {"account": {"active": True}, "sessions": 2, "refresh_tokens": 1, "api_tokens": 0},
    "desktop": {"projects": [{"project": 4, "placements": [{"subject": "ne", "group": "ne1"}]}]},
}
LEFT: dict[str, dict[str, Any]] = {
    "portal": {"enrolments": [], "prognoses": []},
    "users": {"account": {"active": False}, "sessions": 0, "refresh_tokens": 0, "api_tokens": 0},
    "desktop": {"projects": []},
}
ROUTES = {"portal": PORTAL, "users": USERS, "desktop": PORTAL}


def teach(door, held):
    for name, route in ROUTES.items():
        getattr(door, name).on(route, held[name])


async def ask(door):
    return await door.client.get("/api/students/123/footprint")


async def test_it_is_merged_and_asked_in_the_callers_name(door):
    teach(door, HELD)
    assert (await ask(door)).json() == {"student": "123", "empty": False, **HELD}
    for service in (door.portal, door.users, door.desktop):
        assert service.asked[0].headers["authorization"] == door.client.headers["authorization"]


async def test_nothing_left_is_empty(door):
    teach(door, LEFT)
    assert (await ask(door)).json() == {"student": "123", "empty": True, **LEFT}


@pytest.mark.parametrize(
    ("service", "left"),
    [
        ("portal", {"enrolments": [], "prognoses": [ENROLMENT]}),
        ("portal", {"enrolments": [ENROLMENT], "prognoses": []}),
        ("users", LEFT["users"] | {"account": {"active": True}}),
        ("users", LEFT["users"] | {"sessions": 1}),
        ("users", LEFT["users"] | {"refresh_tokens": 1}),
        ("users", LEFT["users"] | {"api_tokens": 1}),
        ("desktop", {"projects": [{"project": 1, "placements": []}]}),
    ],
)
async def test_one_thing_left_is_not_empty(door, service, left):
    teach(door, LEFT | {service: left})
    assert (await ask(door)).json()["empty"] is False


async def test_a_service_that_does_not_know_him_holds_nothing(door):
    teach(door, LEFT)
    door.portal.answers.clear()
    assert (await ask(door)).json() == {"student": "123", "empty": True, **LEFT}


async def test_whom_the_portal_knows_and_users_does_not_show_is_never_empty(door):
    teach(door, LEFT)
    door.users.answers.clear()
    answer = await ask(door)
    assert (answer.status_code, answer.json()["code"]) == (503, "footprint_incomplete")


@pytest.mark.parametrize("desktop", ["silent", "empty"])
async def test_whom_nobody_knows_is_not_found(door, desktop):
    if desktop == "empty":
        door.desktop.on(ROUTES["desktop"], LEFT["desktop"])
    assert (await ask(door)).status_code == 404


async def test_whom_only_the_desktop_knows_is_shown(door):
    door.desktop.on(ROUTES["desktop"], HELD["desktop"])
    answer = (await ask(door)).json()
    assert (answer["empty"], answer["desktop"]) == (False, HELD["desktop"])


async def test_a_malformed_code_is_not_found_without_asking(door):
    assert (await door.client.get("/api/students/12a/footprint")).status_code == 404
    assert (await door.client.get("/api/students/..%2f1/footprint")).status_code == 404
    assert door.portal.asked == []


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("service", ROUTES)
async def test_a_refusal_of_the_caller_is_passed_on(door, service, status):
    teach(door, LEFT)
    getattr(door, service).on(ROUTES[service], {"code": "its_own"}, status)
    answer = await ask(door)
    assert (answer.status_code, answer.json()) == (status, {"code": "its_own"})


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(hang, id="silent"),
        pytest.param(Response(status_code=500), id="failing"),
        pytest.param(Response(status_code=503), id="away"),
        pytest.param(Response(b"not json", 200), id="gibberish"),
        pytest.param(Response(b"[]", 200), id="another_shape"),
        pytest.param(Response(b"{}", 200), id="fields_missing"),
        pytest.param(Response(status_code=302), id="elsewhere"),
    ],
)
@pytest.mark.parametrize("service", ROUTES)
async def test_it_is_never_empty_when_a_service_did_not_tell(door, service, failure):
    teach(door, LEFT)
    getattr(door, service).on(ROUTES[service], failure)
    answer = await ask(door)
    assert (answer.status_code, answer.json()["code"]) == (503, "footprint_incomplete")
    assert answer.json()["params"] == {"service": service}
    assert answer.headers["retry-after"]
