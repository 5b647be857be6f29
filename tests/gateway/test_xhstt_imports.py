"""A timetable in XHSTT through the door: converted, then imported as any project file."""

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.gateway.fakes import Door
from tests.gateway.test_imports import COUNTS, PEOPLE, PROJECT, QUERY, follow, portal_imports

XML = (Path(__file__).parents[1] / "support" / "small_timetable.xml").read_bytes()


async def users_import(request: Request) -> Response:
    people = (await request.json())["people"]
    codes = {one["external_id"]: one.get("code", str(900_001 + at)) for at, one in enumerate(people)}
    return JSONResponse({"codes": codes, "archived": [], **COUNTS})


@pytest.fixture
def taught(door: Door) -> Door:
    """Services that answer well."""
    door.users.on(PEOPLE, users_import)
    door.portal.on(PROJECT, portal_imports)
    door.desktop.on(PROJECT, {**COUNTS, "removed": 0, "revision": 1, "departed": []})
    return door


async def post(door: Door, content: bytes = XML, kind: str = "application/xml", **query):
    headers = {"Content-Type": kind}
    return await door.client.post(
        "/api/imports/projects", params=QUERY | query, content=content, headers=headers
    )


@pytest.mark.parametrize("kind", ["application/xml", "text/xml; charset=utf-8", "application/json"])
async def test_it_is_converted_and_goes_the_way_of_a_project_file(taught, kind):
    answer = await post(taught, b"\xef\xbb\xbf" + XML, kind)
    assert answer.status_code == 202, answer.text
    assert answer.json()["size"] == {
        "departments": 2,
        "home_classes": 3,
        "groups": 6,
        "students": 5,
        "guardians": 0,
    }
    job = (await follow(taught, answer.headers["location"]))[-1]
    assert job["state"] == "done", job["failure"]
    assert [warning["code"] for warning in job["result"]["warnings"]] == [
        "solution_taken",
        "student_without_class",
        "student_left_out",
        "events_left_out",
    ]
    assert "8800003" not in job["result"]["codes"]
    sent = taught.desktop.asked[0].json
    assert {group["code"]: group["lessons"] for group in sent["groups"]}["bi.4H_B"] == [1, None]


async def test_the_query_tells_what_the_file_does_not(taught):
    query: dict[str, Any] = {
        "solution": "first try",
        "soft_max": "5",
        "hard_max": "6",
        "department": ["4", "1"],
    }
    answer = await post(taught, **query, class_prefix="class_", home_class_led_by="portal")
    await follow(taught, answer.headers["location"])
    sent = taught.desktop.asked[0].json
    assert {(one["code"], one["home_class_authority"]) for one in sent["departments"]} == {
        ("4", "portal"),
        ("1", "portal"),
    }
    limits = {(one["soft_max"], one["hard_max"]) for one in [*sent["groups"], *sent["home_classes"]]}
    assert limits == {(5, 6)}
    assert {group["code"]: group["lessons"] for group in sent["groups"]}["ne.4H1"] == [0, 1, 2]


async def test_a_dry_run_changes_nothing(taught):
    answer = await post(taught, dry_run="true")
    job = (await follow(taught, answer.headers["location"]))[-1]
    assert (job["state"], taught.desktop.asked) == ("done", [])
    assert job["result"]["warnings"]


async def test_mistakes_are_answered_at_once_with_their_places(taught):
    answer = await post(taught, XML.replace(b'<Day Reference="d2"/>', b'<Day Reference="d3"/>'))
    assert (answer.status_code, answer.json()["code"]) == (422, "project_file_invalid")
    places = [(one["place"], one["code"]) for one in answer.json()["params"]["problems"]]
    assert places[0] == ("Instance.Times.Time[3].Day", "unknown_reference")
    assert taught.users.asked == []


@pytest.mark.parametrize("content", [b"", b"{}", b"<html/>", XML[:-9]])
async def test_what_is_no_timetable(taught, content):
    assert (await post(taught, content)).json()["code"] == "project_file_invalid"


@pytest.mark.parametrize(
    "query",
    [
        {"soft_max": "-1"},
        {"hard_max": "10001"},
        {"solution": ""},
        {"instance": "\x00"},
        {"department": [""]},
        {"home_class_led_by": "me"},
    ],
)
async def test_options_that_are_none(taught, query):
    answer = await post(taught, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_it_is_xml_of_at_most_20_mb(taught):
    assert (await post(taught, b"<!--" + b" " * (20 * 1024 * 1024) + b"-->")).status_code == 413
    assert (await post(taught, kind="text/plain")).status_code == 415
