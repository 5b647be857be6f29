import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.gateway.fakes import hang
from tests.gateway.test_footprint import HELD, LEFT

PREVIEW = "/api/portal/departures/preview"


def teach(door, *students):
    items = [{"student": student, "enrolments": []} for student in students]
    door.portal.on("POST /departures/preview", {"items": items, "threshold_exceeded": False})


async def test_users_and_desktop_are_added_to_the_portals_outlook(door):
    teach(door, "1", "2")
    door.users.on("GET /users/1/footprint", HELD["users"])
    door.users.on("GET /users/2/footprint", LEFT["users"])
    door.desktop.on("GET /students/1/footprint", HELD["desktop"])
    answer = await door.client.post(PREVIEW, json={"students": ["1", "2"]})
    assert door.portal.asked[0].json == {"students": ["1", "2"]}
    assert answer.json() == {
        "items": [
            {"student": "1", "enrolments": [], "users": HELD["users"], "desktop": HELD["desktop"]},
            {"student": "2", "enrolments": [], "users": LEFT["users"], "desktop": LEFT["desktop"]},
        ],
        "threshold_exceeded": False,
    }


async def test_whom_users_does_not_show_makes_it_incomplete(door):
    teach(door, "1", "2")
    door.users.on("GET /users/1/footprint", HELD["users"])
    answer = await door.client.post(PREVIEW, json={"students": ["1", "2"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "preview_incomplete")
    assert answer.json()["params"] == {"service": "users"}


async def test_the_portal_judges_first(door):
    refusal = {"code": "unknown_students", "params": {"students": ["9"]}}
    door.portal.on("POST /departures/preview", refusal, 422)
    answer = await door.client.post(PREVIEW, json={"students": ["9"]})
    assert (answer.status_code, answer.json()) == (422, refusal)
    assert door.users.asked == door.desktop.asked == []


@pytest.mark.parametrize("failure", [hang, Response(status_code=500)])
async def test_a_service_that_does_not_tell_makes_it_incomplete(door, failure):
    teach(door, "1", "2")
    door.users.on("GET /users/2/footprint", failure)
    answer = await door.client.post(PREVIEW, json={"students": ["1", "2"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "preview_incomplete")
    assert answer.json()["params"] == {"service": "users"}


async def test_a_refusal_of_the_caller_is_passed_on(door):
    teach(door, "1")
    door.users.on("GET /users/1/footprint", HELD["users"])
    door.desktop.on("GET /students/1/footprint", {"code": "not_allowed"}, 403)
    assert (await door.client.post(PREVIEW, json={"students": ["1"]})).status_code == 403


async def test_without_the_portal_it_is_try_later(door):
    door.portal.on("POST /departures/preview", hang)
    assert (await door.client.post(PREVIEW, json={})).json()["code"] == "try_later"


async def test_a_list_is_asked_bit_by_bit(door):
    at_once = most = 0

    async def counted(_: Request) -> Response:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1
        return JSONResponse(LEFT["users"])

    students = [str(number) for number in range(200)]
    teach(door, *students)
    for student in students:
        door.users.on(f"GET /users/{student}/footprint", counted)
    answer = await door.client.post(PREVIEW, json={"students": students})
    assert len(answer.json()["items"]) == 200
    assert 1 < most <= 16


async def test_a_longer_list_is_refused_not_cut(door):
    teach(door, *map(str, range(201)))
    answer = await door.client.post(PREVIEW, json={"students": ["1"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_students")
    assert answer.json()["params"] == {"most": 200}


async def test_it_takes_json_only(door):
    assert (await door.client.post(PREVIEW, content=b"x")).status_code == 415
