from typing import Any

import pytest
from starlette.responses import Response

from tests.gateway.fakes import hang
from tests.gateway.test_footprint import HELD, LEFT

PREVIEW = "/api/portal/departures/preview"
FOOTPRINTS = "POST /footprints"
PARENT = {"code": "g1", "given_name": "Ada", "prefix": "", "family_name": "Berg", "archived": False}
NOBODY: dict[str, Any] = {"guardians": []}


def teach(door, *students, **more):
    items = [{"student": student, "enrolments": []} | more for student in students]
    door.portal.on("POST /departures/preview", {"items": items, "threshold_exceeded": False})


def tell(service, **held):
    service.on(
        FOOTPRINTS,
        {"items": [{"student": student.removeprefix("s"), **one} for student, one in held.items()]},
    )


async def test_users_and_desktop_are_added_to_the_portals_outlook(door):
    teach(door, "1", "2")
    tell(door.users, s1=HELD["users"] | {"guardians": [PARENT]}, s2=LEFT["users"] | NOBODY)
    tell(door.desktop, s1=HELD["desktop"])
    answer = await door.client.post(PREVIEW, json={"students": ["1", "2"]})
    assert door.portal.asked[0].json == {"students": ["1", "2"]}
    [asked], [also] = door.users.asked, door.desktop.asked
    assert asked.json == {"students": ["1", "2"], "leaving": ["1", "2"]}
    assert also.json == {"students": ["1", "2"]}
    assert (
        asked.headers["authorization"]
        == also.headers["authorization"]
        == door.client.headers["authorization"]
    )
    users = HELD["users"] | {"guardians": [PARENT]}, LEFT["users"] | NOBODY
    assert answer.json() == {
        "items": [
            {"student": "1", "enrolments": [], "users": users[0], "desktop": HELD["desktop"]},
            {"student": "2", "enrolments": [], "users": users[1], "desktop": LEFT["desktop"]},
        ],
        "threshold_exceeded": False,
    }


@pytest.mark.parametrize(
    "stays", [{"refusal": {"code": "departure_running"}}, {"kept": {"account": "enrolled_elsewhere"}}]
)
async def test_who_keeps_his_account_leaves_no_guardian_behind(door, stays):
    teach(door, "1", **stays)
    tell(door.users, s1=HELD["users"] | NOBODY)
    tell(door.desktop, s1=HELD["desktop"])
    assert (await door.client.post(PREVIEW, json={"students": ["1"]})).status_code == 200
    assert door.users.asked[0].json == {"students": ["1"], "leaving": []}


async def test_whom_users_does_not_show_makes_it_incomplete(door):
    teach(door, "1", "2")
    tell(door.users, s1=HELD["users"] | NOBODY)
    tell(door.desktop)
    answer = await door.client.post(PREVIEW, json={"students": ["1", "2"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "preview_incomplete")
    assert answer.json()["params"] == {"service": "users"}


async def test_the_portal_judges_first(door):
    refusal = {"code": "unknown_students", "params": {"students": ["9"]}}
    door.portal.on("POST /departures/preview", refusal, 422)
    answer = await door.client.post(PREVIEW, json={"students": ["9"]})
    assert (answer.status_code, answer.json()) == (422, refusal)
    assert door.users.asked == door.desktop.asked == []


@pytest.mark.parametrize(
    "failure",
    [
        hang,
        Response(status_code=500),
        Response("{}"),
        Response('{"items": [{"student": "1", "account": {}}]}'),
    ],
)
@pytest.mark.parametrize("silent", ["users", "desktop"])
async def test_a_service_that_does_not_tell_makes_it_incomplete(door, failure, silent):
    teach(door, "1")
    tell(door.users, s1=HELD["users"] | NOBODY)
    tell(door.desktop)
    getattr(door, silent).on(FOOTPRINTS, failure)
    answer = await door.client.post(PREVIEW, json={"students": ["1"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "preview_incomplete")
    assert answer.json()["params"] == {"service": silent}


async def test_a_refusal_of_the_caller_is_passed_on(door):
    teach(door, "1")
    tell(door.users, s1=HELD["users"] | NOBODY)
    door.desktop.on(FOOTPRINTS, {"code": "not_allowed"}, 403)
    assert (await door.client.post(PREVIEW, json={"students": ["1"]})).status_code == 403


async def test_without_the_portal_it_is_try_later(door):
    door.portal.on("POST /departures/preview", hang)
    assert (await door.client.post(PREVIEW, json={})).json()["code"] == "try_later"


async def test_of_two_thousand_each_service_is_asked_once(door):
    students = [str(number) for number in range(2000)]
    teach(door, *students)
    tell(door.users, **{f"s{student}": LEFT["users"] | NOBODY for student in students})
    tell(door.desktop)
    answer = await door.client.post(PREVIEW, json={"students": students})
    assert len(answer.json()["items"]) == 2000
    assert [len(service.asked) for service in (door.portal, door.users, door.desktop)] == [1, 1, 1]


async def test_it_takes_json_only(door):
    assert (await door.client.post(PREVIEW, content=b"x")).status_code == 415
