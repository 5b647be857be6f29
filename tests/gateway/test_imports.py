import asyncio
import json
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.project_import.job import ImportJob, ImportState
from gateway.project_import.jobs import REMEMBERED, ImportJobs
from gateway.project_import.place import Place
from shared.clock import SchoolYear
from shared.contracts.ids import UserCode
from shared.errors import NotFound
from tests.gateway.fakes import hang

FILE = (Path(__file__).parents[1] / "support" / "small_school.json").read_bytes()
IDS = [student["id"] for student in json.loads(FILE)["students"]]
CODES = {external: str(900_001 + at) for at, external in enumerate(IDS)}
PEOPLE, PROJECT = "POST /imports/people", "POST /imports/project"
COUNTS = {"created": 12, "updated": 0, "unchanged": 0}
QUERY = {"school": "S", "branch": "B", "year": "2026-2027"}


async def portal_imports(request: Request) -> Response:
    asked = await request.json()
    return JSONResponse(
        {
            "school": 1,
            "branch": 2,
            "project": 3,
            "project_name": "S 2026-2027",
            "taken_at": "2026-11-23T15:00:00Z",
            "departments": {one["code"]: at + 1 for at, one in enumerate(asked["departments"])},
            "groups": [
                {"department": one["department"], "code": one["code"], "id": at + 1}
                for at, one in enumerate(asked["groups"])
            ],
            "enrolments": {one["code"]: at + 1 for at, one in enumerate(asked["students"][1:])},
            "departed": [asked["students"][0]["code"]],
            **COUNTS,
        }
    )


@pytest.fixture
def taught(door):
    door.users.on(PEOPLE, {"codes": CODES, "archived": [], **COUNTS})
    door.portal.on(PROJECT, portal_imports)
    door.desktop.on(PROJECT, {**COUNTS, "removed": 0, "revision": 1, "departed": []})
    return door


async def post(door, content=FILE, **query):
    json_type = {"Content-Type": "application/json"}
    params = {name: value for name, value in (QUERY | query).items() if value is not None}
    return await door.client.post("/api/imports/projects", params=params, content=content, headers=json_type)


async def follow(door, location):
    events = []
    async with door.client.stream("GET", f"{location}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                events.append(json.loads(line.removeprefix("data:")))
            assert not line.startswith("event:") or line == "event: import"
    return events


async def imported(door, **query):
    answer = await post(door, **query)
    assert answer.status_code == 202, answer.text
    return (await follow(door, answer.headers["location"]))[-1]


async def test_users_then_portal_then_desktop(taught):
    answer = await post(taught)
    assert (answer.status_code, answer.json()["state"]) == (202, "reading")
    assert answer.json()["size"] == {
        "departments": 2,
        "home_classes": 4,
        "groups": 14,
        "students": 12,
        "guardians": 0,
    }
    events = await follow(taught, answer.headers["location"])
    assert events[-1]["state"] == "done"
    assert list(events[-1]["seconds"]) == ["reading", "users", "portal", "desktop"]
    assert events[-1]["result"] == {
        "school": 1,
        "branch": 2,
        "project": 3,
        "users": {**COUNTS, "archived": []},
        "portal": COUNTS,
        "desktop": {**COUNTS, "removed": 0, "revision": 1},
        "codes": CODES,
        "departed": ["900001"],
        "warnings": [],
        "notes": [],
    }
    sent = taught.desktop.asked[0].json["students"]
    assert [one["code"] for one in sent] == list(CODES.values())[1:]  # who left is not brought back
    for service in (taught.users, taught.portal, taught.desktop):
        assert service.asked[0].headers["authorization"] == taught.client.headers["authorization"]
    assert (await taught.client.get(answer.headers["location"])).json() == events[-1]


async def test_a_dry_run_leaves_the_desktop_alone_and_says_so(taught):
    job = await imported(taught, dry_run="true")
    assert taught.desktop.asked == []
    assert taught.users.asked[0].json["dry_run"] is taught.portal.asked[0].json["dry_run"] is True
    assert job["result"]["desktop"] is None
    assert job["result"]["notes"]
    assert job["result"]["project"] is None  # taken back with all the rest


async def test_a_bad_file_is_answered_at_once_with_every_problem(taught):
    document = json.loads(FILE)
    document["students"][3]["department"] = "nowhere"
    document["groups"][0]["subject"] = None
    answer = await post(taught, json.dumps(document).encode())
    assert (answer.status_code, answer.json()["code"]) == (422, "project_file_invalid")
    places = [problem["place"] for problem in answer.json()["params"]["problems"]]
    assert places == ["groups[0].subject", "students[3].department"]
    assert taught.users.asked == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"{}"])
async def test_what_is_no_project_file(taught, content):
    assert (await post(taught, content)).json()["code"] == "project_file_invalid"


async def test_a_service_that_objects_ends_it_with_its_problems_as_places_in_the_file(taught):
    problems = [{"place": f"people[{at}].code", "code": "code_in_use"} for at in (3, 13)]
    taught.users.on(
        PEOPLE, {"code": "import_problems", "detail": "No", "params": {"problems": problems}}, 422
    )
    job = await imported(taught)
    assert job["state"] == "failed"
    assert job["failure"] == {
        "service": "users",
        "status": 422,
        "code": "import_problems",
        "detail": "No",
        "problems": [
            {"place": "students[3].code", "code": "code_in_use"},
            {"place": "guardians[1].code", "code": "code_in_use"},
        ],
    }
    assert taught.portal.asked == []


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (hang, 503, "try_later"),
        (Response(b"oops", 500), 500, "unexpected"),
        (Response(b"oops"), 500, "unexpected"),
    ],
)
async def test_a_service_that_fails_ends_it(taught, failure, status, code):
    taught.portal.on(PROJECT, failure)
    job = await imported(taught)
    assert (job["state"], job["failure"]["status"], job["failure"]["code"]) == ("failed", status, code)
    assert taught.desktop.asked == []
    taught.portal.on(PROJECT, portal_imports)
    assert (await imported(taught))["state"] == "done"  # a rerun is all it takes


async def test_one_at_a_time_for_a_school_and_a_year(taught):
    going_on = asyncio.Event()

    async def slow(_: Request) -> Response:
        await going_on.wait()
        return JSONResponse({"codes": CODES, "archived": [], **COUNTS})

    taught.users.on(PEOPLE, slow)
    first = await post(taught)
    second = await post(taught, branch="C")
    assert (second.status_code, second.json()["code"]) == (409, "import_running")
    others = [await post(taught, school="T"), await post(taught, year="2027-2028")]
    assert [other.status_code for other in others] == [202, 202]
    going_on.set()
    for job in (first, *others):
        assert (await follow(taught, job.headers["location"]))[-1]["state"] == "done"


async def test_only_who_started_it_sees_it(taught, token):
    answer = await post(taught)
    await follow(taught, answer.headers["location"])
    location = answer.headers["location"]
    other = {"Authorization": f"Bearer {token('another')}"}
    assert (await taught.client.get(location, headers=other)).status_code == 404
    assert (await taught.client.get(f"{location}/events", headers=other)).status_code == 404
    assert (await taught.client.get("/api/imports/unheard-of")).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [("student_office", 403), ("timetabler", 403), ("student", 403), (None, 401)]
)
async def test_only_an_application_manager_may(taught, token, role, status):
    taught.client.headers["Authorization"] = f"Bearer {token(role=role)}" if role else ""
    assert (await post(taught)).status_code == status
    assert taught.users.asked == []


async def test_an_old_token_may_not(taught, token):
    taught.client.headers["Authorization"] = f"Bearer {token(seconds=-1)}"
    assert (await post(taught)).status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        {"school": None},
        {"school": ""},
        {"school": "x" * 25},
        {"branch": None},
        {"branch": "\x00"},
        {"branch": " B"},
        {"year": None},
        {"year": "2026"},
        {"year": "2026-2028"},
        {"year": "\uff12026-2027"},
        {"codes_from": "-1"},
        {"codes_from": "many"},
        {"dry_run": "perhaps"},
    ],
)
async def test_a_place_that_is_none(taught, query):
    answer = await post(taught, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_the_file_is_json_of_at_most_20_mb(taught):
    assert (await post(taught, b" " * (20 * 1024 * 1024) + b"{}")).status_code == 413
    answer = await taught.client.post("/api/imports/projects", params=QUERY, content=FILE)
    assert answer.status_code == 415
    assert (await post(taught, FILE + b" " * (19 * 1024 * 1024))).status_code == 202


def job(number: int) -> ImportJob:
    place = Place(f"S{number}", "B", SchoolYear(2026), "S", "B")
    return ImportJob(place, UserCode("manager"), dry_run=False, size={})


async def test_who_waits_for_a_change_can_be_cancelled_at_that_very_moment():
    one = job(0)
    waiting = asyncio.create_task(one.changes(10))
    await asyncio.sleep(0.01)
    one.enter(ImportState.USERS)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_change_is_waited_for_so_long_and_no_longer():
    one = job(0)
    await one.changes(0.001)
    waiting = asyncio.create_task(one.changes(10))
    await asyncio.sleep(0)
    one.enter(ImportState.USERS)
    await asyncio.wait_for(waiting, 1)


async def test_the_last_hundred_are_remembered_and_none_that_runs_is_forgotten():
    jobs = ImportJobs()
    running = asyncio.Event()
    first = job(0)

    async def wait() -> None:
        await running.wait()

    async def at_once(one: ImportJob) -> None:
        one.enter(ImportState.DONE)

    jobs.start(first, wait())
    ended = [job(number) for number in range(1, REMEMBERED + 2)]
    for one in ended:
        jobs.start(one, at_once(one))
        await asyncio.sleep(0)
    assert jobs.get(first.id, UserCode("manager")) is first
    assert jobs.get(ended[-1].id, UserCode("manager")) is ended[-1]
    with pytest.raises(NotFound):
        jobs.get(ended[0].id, UserCode("manager"))
    await jobs.stop()
