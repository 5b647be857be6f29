"""A list of students through the door: users and portal are asked first, and act when all rows are good."""

import pytest

from tests.gateway.fakes import Door

PATH = "/api/imports/students"
PLACE = {"school": "LYC", "branch": "HO", "year": "2026-2027", "source": "somtoday"}
CSV = "leerlingnummer;afdeling;roepnaam;stamklas\n101;H4;Jan;H4a\n102;H4;Piet;H4b\n"
COUNTS = {"created": 1, "updated": 0, "different": 1, "unchanged": 0}
GONE = {"students": ["103"], "proposed": ["103"], "withdrawn": [], "held": None}


@pytest.fixture
def taught(door: Door) -> Door:
    """Services that answer well."""
    door.users.on("POST /imports/students", {**COUNTS, "archived": [], "problems": [], "differences": []})
    portal = {"school": 1, "branch": 2, "project": 3, **COUNTS, "departed": ["102"], "archived": []}
    difference = {"row": 2, "student": "101", "field": "home_class", "here": "H4b", "listed": "H4a"}
    portal |= {"problems": [], "differences": [difference | {"applied": False, "why": "portal_leads"}]}
    door.portal.on("POST /imports/students", portal | {"gone": GONE})
    return door


async def sent(door: Door, content: str | bytes = CSV, kind: str = "text/csv; charset=utf-8", **query):
    headers = {"Content-Type": kind}
    return await door.client.post(PATH, params=PLACE | query, content=content, headers=headers)


async def imported(door: Door, content: str = CSV, **query):
    answer = await sent(door, content, **query)
    assert answer.status_code == 202, answer.text
    async with door.client.stream("GET", answer.headers["location"] + "/events") as events:
        async for _ in events.aiter_lines():
            pass
    return (await door.client.get(answer.headers["location"])).json()


def asked(service) -> list[tuple[bool, list[str]]]:
    return [(one.json["dry_run"], [row["code"] for row in one.json["students"]]) for one in service.asked]


@pytest.mark.parametrize(
    "authority",
    ["address:source,home_class:source", ["address:source", "home_class:source"]],
    ids=["in one", "repeated"],
)
async def test_each_is_asked_first_and_acts_then(taught, authority):
    job = await imported(taught, authority=authority)

    assert (job["state"], list(job["seconds"])) == ("done", ["reading", "checking", "users", "portal"])
    assert asked(taught.users) == [(True, ["101", "102"]), (False, ["101"])]  # no account for who left
    assert asked(taught.portal) == [(True, ["101", "102"]), (False, ["101", "102"])]
    assert taught.users.asked[0].json["led"] == ["address"]
    assert taught.portal.asked[0].json["led"] == ["home_class"]
    assert taught.desktop.asked == []
    result = job["result"]
    assert (result["users"], result["portal"], result["departed"]) == (COUNTS, COUNTS, ["102"])
    assert result["differences"]["counts"] == {"home_class": {"applied": 0, "listed": 1}}
    assert result["gone"] == {"count": 1, "students": ["103"], "proposed": 1, "withdrawn": 0, "held": None}
    assert {one.headers["authorization"] for one in taught.portal.asked} == {
        taught.client.headers["authorization"]
    }


async def test_dry_run_only_asks(taught):
    job = await imported(taught, dry_run="true")
    assert [dry for dry, _ in asked(taught.users) + asked(taught.portal)] == [True, True]
    assert job["result"]["gone"]["proposed"] == 1


BAD = CSV + "10x;H4;A;H4a\n104;;B;\n105;H4;C;H4b\n"
UNKNOWN = {"row": 6, "column": "home_class", "code": "unknown_home_class", "severity": "error"}
LISTED = [(4, "code", "not_digits"), (5, "department", "missing_department")]
LISTED += [(6, "home_class", "unknown_home_class")]


@pytest.fixture
def objecting(taught: Door) -> Door:
    """The portal does not know a class of the last row."""
    portal = {"school": 1, "branch": 2, "project": 3, **COUNTS, "departed": [], "archived": []}
    taught.portal.on(
        "POST /imports/students", portal | {"problems": [UNKNOWN], "differences": [], "gone": GONE}
    )
    return taught


def told(problems):
    return [(one["row"], one["column"], one["code"]) for one in problems]


async def test_any_bad_row_stops_it_and_all_are_listed(objecting):
    job = await imported(objecting, BAD)
    assert (job["state"], job["failure"]["code"]) == ("failed", "students_refused")
    assert told(job["failure"]["problems"]) == LISTED
    assert [dry for dry, _ in asked(objecting.users) + asked(objecting.portal)] == [True, True]

    dry = await imported(objecting, BAD, dry_run="true")
    assert told(dry["result"]["problems"]["items"]) == LISTED


async def test_bad_rows_are_skipped_on_request_and_nobody_in_them_is_missing(objecting):
    job = await imported(objecting, BAD, skip_bad_rows="true")
    assert (job["state"], told(job["result"]["problems"]["items"])) == ("done", LISTED)
    done = objecting.portal.asked[-1].json
    assert [row["code"] for row in done["students"]] == ["101", "102"]
    assert done["seen"] == ["104", "105"]
    assert done["complete"] is False  # row 4 could be anybody's


async def test_what_a_service_refuses_is_told_by_row(taught):
    error = {"place": "body.students[1].family_name", "kind": "string_pattern_mismatch"}
    problem = {"code": "invalid_input", "detail": "The input is not valid", "params": {"errors": [error]}}
    taught.users.on("POST /imports/students", problem, 422)
    job = await imported(taught)
    assert (job["state"], job["failure"]["service"]) == ("failed", "users")
    assert told(job["failure"]["problems"]) == [(3, "family_name", "string_pattern_mismatch")]


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"", [(None, None, "empty_file")]),
        (b"PK\x03\x04", [(None, None, "malformed_spreadsheet")]),
        (b"naam\nJan\n", [(1, "A", "unknown_column"), (1, "code", "missing_column")]),
    ],
)
async def test_file_that_cannot_be_read_is_answered_at_once(taught, content, problems):
    answer = await sent(taught, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "student_file_invalid")
    assert told(answer.json()["params"]["problems"])[: len(problems)] == problems
    assert taught.users.asked == taught.portal.asked == []


async def test_other_media_and_unknown_authorities_are_refused(taught):
    assert (await sent(taught, kind="application/json")).status_code == 415
    for authority in ("adres:source", "address", "address:school"):
        answer = await sent(taught, authority=authority)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_it_is_for_an_application_manager(taught, token):
    taught.client.headers["Authorization"] = f"Bearer {token(role='student_office')}"
    assert (await sent(taught)).status_code == 403
