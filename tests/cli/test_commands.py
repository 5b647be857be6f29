"""Import, footprint and demo against a gateway whose answers a test decides."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.clock import school_year_name, school_year_of, today
from tests.cli.conftest import Gateway, run

SMALL = Path(__file__).parents[1] / "support" / "small_school.json"
COUNTS = {"created": 1, "updated": 0, "unchanged": 0}
DONE: dict[str, Any] = {
    "id": "1",
    "state": "done",
    "dry_run": False,
    "seconds": {"users": 0.1},
    "failure": None,
    "result": {
        "branch": 5,
        "users": COUNTS | {"archived": []},
        "portal": COUNTS,
        "desktop": COUNTS,
        "codes": {"s00": "900001"},
        "departed": [],
        "warnings": [],
        "notes": [],
    },
}
RUNNING = DONE | {"state": "users", "result": None, "seconds": {}}


@pytest.fixture
def gateway(gateway: Gateway) -> Gateway:
    gateway.answers |= {
        "POST /api/imports/projects": (202, RUNNING),
        "GET /api/imports/1/events": (200, [RUNNING, DONE]),
        "POST /api/users/imports/people": (200, {"codes": {}}),
    }
    return gateway


def import_small(gateway: Gateway, *more: str, **environment: str):
    place = ("--school", "S", "--branch", "B", "--year", "2026-2027", "--gateway", gateway.url)
    return run("import", "project", str(SMALL), *place, *more, **environment)


def test_an_import_sends_the_file_as_it_is_and_writes_the_codes(gateway, tmp_path):
    mapping = tmp_path / "codes.csv"
    done = import_small(gateway, "--dry-run", "--codes-from", "7", "--mapping", str(mapping))
    assert done.exit_code == 0, done.output
    _, query, body = gateway.asked[1]
    assert body == SMALL.read_bytes()
    assert set(query.split("&")) == {
        "school=S",
        "branch=B",
        "year=2026-2027",
        "codes_from=7",
        "dry_run=true",
    }
    assert mapping.read_text().splitlines() == ["id,code", "s00,900001"]


def test_a_bad_file_ends_with_1_and_every_problem(gateway):
    problems = [{"place": "students[3]", "code": "x", "text": "Wrong.", "id": "s03"}]
    refusal = {"code": "project_file_invalid", "detail": "See", "params": {"problems": problems, "more": 0}}
    gateway.answers["POST /api/imports/projects"] = (422, refusal)
    done = import_small(gateway)
    assert done.exit_code == 1
    assert "students[3]: Wrong. [s03]" in done.stderr


def test_a_failed_import_ends_with_1_and_says_who_objects(gateway):
    failure = {"service": "users", "status": 422, "code": "import_problems", "detail": "No", "problems": []}
    gateway.answers["GET /api/imports/1/events"] = (200, [DONE | {"state": "failed", "failure": failure}])
    done = import_small(gateway)
    assert done.exit_code == 1
    assert "users says No" in done.stderr


def test_another_refusal_ends_with_1(gateway):
    errors = [{"place": "query.year", "kind": "value_error"}]
    gateway.answers["POST /api/imports/projects"] = (
        422,
        {"code": "invalid_input", "detail": "See", "params": {"errors": errors}},
    )
    done = import_small(gateway)
    assert done.exit_code == 1
    assert "query.year: value_error" in done.stderr


def test_a_stream_that_breaks_off_is_no_success(gateway):
    gateway.answers["GET /api/imports/1/events"] = (200, [RUNNING])
    done = import_small(gateway)
    assert done.exit_code == 2
    assert "run it again" in done.stderr


def test_a_wrong_password_ends_with_2(gateway):
    refusal = {"error": "invalid_grant", "error_description": "Wrong"}
    gateway.answers["POST /api/users/oauth/token"] = (400, refusal)
    assert import_small(gateway).exit_code == 2


def test_without_a_password_and_without_anybody_to_ask_it_ends_with_2(gateway):
    done = import_small(gateway, DOORSTROOM_PASSWORD="")
    assert done.exit_code == 2
    assert "DOORSTROOM_PASSWORD" in done.stderr


def test_nobody_at_the_address_ends_with_2():
    assert run("footprint", "1", "--gateway", "http://127.0.0.1:9").exit_code == 2


def test_the_gateway_of_the_checkout_is_found_from_below(gateway, tmp_path, monkeypatch):
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps({"gateway": gateway.url}))
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    assert run("footprint", "1").exit_code == 1
    assert gateway.asked[-1][0] == "GET /api/students/1/footprint"


def test_a_footprint_is_shown(gateway):
    enrolment: dict[str, Any] = {
        "kind": "prognosis",
        "school_year": "2027-2028",
        "department": {"code": "H5"},
        "home_class": None,
        "groups": [],
    }
    users = {"account": {"active": True}, "sessions": 2, "refresh_tokens": 0, "api_tokens": 0}
    found = {
        "empty": False,
        "portal": {"enrolments": [], "prognoses": [enrolment]},
        "users": users,
        "desktop": {"projects": [{"project": 4, "placements": [{}, {}]}]},
    }
    gateway.answers["GET /api/students/1/footprint"] = (200, found)
    done = run("footprint", "1", "--gateway", gateway.url)
    assert done.exit_code == 0
    for part in ("prognosis 2027-2028, H5, 0 groups", "account active", "2 sessions", "2 placements"):
        assert part in done.stdout


def test_the_demo_sends_ten_files_then_people_and_tells_the_logins_last(gateway):
    passwords = {"student_office": "p-office", "timetabler": "p-timetabler", "student": "p-student"}
    done = run("demo", "--gateway", gateway.url, "--json", DOORSTROOM_DEMO_PASSWORDS=json.dumps(passwords))
    assert done.exit_code == 0, done.output
    logins = json.loads(done.stdout.splitlines()[-1])
    assert logins["application_manager"] == {"username": "manager", "password": "secret"}
    assert {login: logins[login]["password"] for login in passwords} == passwords
    files = [query for route, query, _ in gateway.asked if route == "POST /api/imports/projects"]
    year = school_year_of(today())
    assert len(files) == 10
    assert sum(f"year={school_year_name(year)}" in query for query in files) == 5
    people = [
        person
        for route, _, body in gateway.asked
        if route == "POST /api/users/imports/people"
        for person in json.loads(body)["people"]
    ]
    with_password = {person["code"]: person["password"] for person in people if "password" in person}
    assert with_password == {logins[login]["username"]: passwords[login] for login in passwords}
    assert all(isinstance(role["branch"], int) for person in people for role in person.get("roles", ()))


def test_a_demo_file_that_fails_ends_it(gateway):
    failure = {"service": "portal", "status": 409, "code": "code_in_use", "detail": "In use", "problems": []}
    gateway.answers["GET /api/imports/1/events"] = (200, [DONE | {"state": "failed", "failure": failure}])
    done = run("demo", "--gateway", gateway.url)
    assert done.exit_code == 1
    assert "Duinveld Centrum" in done.stderr
