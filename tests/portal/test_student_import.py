"""A school's own list of students: what is new comes, what differs is listed or taken over, who is gone is
proposed to leave, and who left stays away.
"""

import pytest

from portal.features.student_import import import_students
from portal.features.student_rows import FieldGroup, StudentRow, StudentsGiven
from shared.contracts.ids import StudentCode
from shared.contracts.rights import Role
from shared.runtime.access import Scope
from tests.support.counting import counted_statements
from tests.support.eventually import eventually
from tests.support.school import project_input

PATH = "/imports/students"
# As project_input seats them: they alternate between the two classes.
HERE = {"101": "H4a", "102": "H4b", "103": "H4a", "104": "H4b"}


@pytest.fixture
async def by_portal(portal, school):
    """The portal leads the home classes of H4."""
    codes = list(HERE)
    given = project_input("H4", school.year, codes, authority="portal")
    assert (await portal.post("/imports/project", json=given)).status_code == 200
    return school


def row(number: int, code: str, **told):
    return {"row": number, "code": code, "department": "H4"} | told


def everybody():
    return [row(at, code, home_class=home_class) for at, (code, home_class) in enumerate(HERE.items(), 2)]


async def send(portal, school, students, /, status=200, **more):
    place = {"school": "LYC", "branch": "HO", "school_year": school.year, "source": "somtoday"}
    answer = await portal.post(PATH, json=place | {"students": students} | more)
    assert answer.status_code == status, answer.text
    return answer.json()


def counts(told):
    return tuple(told[name] for name in ("created", "updated", "different", "unchanged"))


async def test_the_list_as_it_is_here_changes_nothing(portal, school):
    told = await send(portal, school, everybody())
    assert counts(told) == (0, 0, 0, 4)
    assert told["differences"] == told["problems"] == told["departed"] == []
    assert told["gone"] == {"students": [], "proposed": [], "withdrawn": [], "held": None}
    assert (await portal.get("/students/101")).json()["version"] == 2


async def test_who_is_new_comes_with_all_that_the_list_tells(portal, school):
    new = row(9, "00501", home_class="H4b", profile="NT", choices=["biol", "netl"])
    told = await send(portal, school, [*everybody(), new])

    assert counts(told) == (1, 0, 0, 4)
    assert [(one["row"], one["code"], one["severity"]) for one in told["problems"]] == [
        (9, "not_choosable", "warning")
    ]
    [enrolment] = (await portal.get("/students/00501")).json()["enrolments"]
    assert (enrolment["home_class"]["code"], enrolment["profile"]) == ("H4b", "NT")
    assert enrolment["choice_package"] == ["biol"]  # netl comes with the class
    assert counts(await send(portal, school, [*everybody(), new])) == (0, 0, 0, 5)


async def test_differences_are_listed_and_the_portal_stays_as_it_is(portal, by_portal):
    students = everybody()
    students[0] |= {"home_class": "H4b", "profile": "EM", "choices": ["biol"]}
    told = await send(portal, by_portal, students)

    assert counts(told) == (0, 0, 1, 3)
    assert [(d["field"], d["here"], d["listed"], d["applied"], d["why"]) for d in told["differences"]] == [
        ("home_class", "H4a", "H4b", False, "portal_leads"),
        ("profile", "NG", "EM", False, "portal_leads"),
        ("choice_package", ["biol", "wisA"], ["biol"], False, "portal_leads"),
    ]
    shown = (await portal.get("/students/101")).json()
    assert (shown["version"], shown["enrolments"][0]["home_class"]["code"]) == (2, "H4a")


async def test_home_class_is_taken_over_where_the_source_leads_and_the_portal_places(portal, by_portal):
    students = everybody()
    students[0]["home_class"] = "H4b"
    told = await send(portal, by_portal, students, led=["home_class"])

    assert counts(told) == (0, 1, 0, 3)
    assert [(d["field"], d["applied"]) for d in told["differences"]] == [("home_class", True)]
    enrolment = (await portal.get("/students/101")).json()["enrolments"][0]
    assert enrolment["home_class"]["code"] == "H4b"
    assert len(enrolment["groups"]) == 2  # cluster groups stay
    assert counts(await send(portal, by_portal, students, led=["home_class"])) == (0, 0, 0, 4)


async def test_home_class_that_the_desktop_leads_is_listed_only(portal, school):
    students = everybody()
    students[0]["home_class"] = "H4b"
    told = await send(portal, school, students, led=["home_class"])
    assert [(d["field"], d["applied"], d["why"]) for d in told["differences"]] == [
        ("home_class", False, "desktop_leads")
    ]


async def test_package_and_profile_are_taken_over_each_where_the_source_leads(portal, school):
    students = everybody()
    students[0] |= {"profile": "EM", "choices": ["biol"]}
    await send(portal, school, students, led=["profile"])
    enrolment = (await portal.get("/students/101")).json()["enrolments"][0]
    assert (enrolment["profile"], enrolment["choice_package"]) == ("EM", ["biol", "wisA"])

    told = await send(portal, school, students, led=["profile", "choice_package"])
    assert [(d["field"], d["applied"]) for d in told["differences"]] == [("choice_package", True)]
    enrolment = (await portal.get("/students/101")).json()["enrolments"][0]
    assert (enrolment["profile"], enrolment["choice_package"]) == ("EM", ["biol"])
    assert counts(await send(portal, school, students, led=["profile"])) == (0, 0, 0, 4)


async def test_other_department_is_listed_or_changed_where_the_source_leads(portal, school):
    there = project_input("V4", school.year, [], authority="portal")
    await portal.post("/imports/project", json=there)
    students = everybody()
    students[0] |= {"department": "V4", "home_class": "V4a", "profile": "EM"}

    told = await send(portal, school, students, led=["home_class"])
    assert [(d["field"], d["here"], d["listed"], d["why"]) for d in told["differences"]] == [
        ("department", "H4", "V4", "portal_leads")
    ]
    told = await send(portal, school, students, led=["department"])
    assert [(d["field"], d["applied"]) for d in told["differences"]] == [("department", True)]
    [enrolment, _] = (await portal.get("/students/101")).json()["enrolments"]
    assert (enrolment["department"]["code"], enrolment["home_class"]["code"]) == ("V4", "V4a")
    assert (enrolment["profile"], enrolment["choice_package"]) == ("NG", ["biol", "wisA"])  # kept
    again = await send(portal, school, students, led=["department", "profile"])
    assert [(d["field"], d["applied"]) for d in again["differences"]] == [("profile", True)]


async def test_other_branch_is_listed_and_nobody_is_enrolled_twice(portal, school):
    await portal.post("/imports/project", json=project_input("V1", school.year, ["105"], branch="ZU"))
    told = await send(portal, school, [*everybody(), row(9, "105")], led=["department"])
    assert [(d["field"], d["applied"], d["why"]) for d in told["differences"]] == [
        ("branch", False, "other_branch")
    ]
    assert len((await portal.get("/students/105")).json()["enrolments"]) == 1


async def test_who_is_enrolled_at_another_school_is_listed_and_not_enrolled_a_second_time(portal, school):
    other = project_input("V1", school.year, ["105"], branch="ZU")
    other["place"]["school"] = other["place"]["school_name"] = "ANDERE"
    assert (await portal.post("/imports/project", json=other)).status_code == 200
    told = await send(portal, school, [*everybody(), row(9, "105")], led=["department"])
    assert (told["created"], [(d["field"], d["why"]) for d in told["differences"]]) == (
        0,
        [("branch", "other_branch")],
    )
    assert len((await portal.get("/students/105")).json()["enrolments"]) == 1


async def test_every_problem_is_listed_by_row_and_nothing_happens(portal, school):
    students = [
        *everybody(),
        row(6, "501", department="X9"),
        row(7, "502", home_class="H9z", choices=["zzz"]),
        row(8, "503"),
        row(9, "503"),
    ]
    refused = await send(portal, school, students, status=422)

    listed = [("department", 6, "unknown_department"), ("home_class", 7, "unknown_home_class")]
    listed += [("choice_package", 7, "unknown_subject"), ("code", 9, "duplicate_code")]
    assert refused["code"] == "students_refused"
    assert [(p["column"], p["row"], p["code"]) for p in refused["params"]["problems"]] == listed
    assert (await portal.get("/students/503")).status_code == 404
    dry = await send(portal, school, students, dry_run=True)
    assert [(p["column"], p["row"], p["code"]) for p in dry["problems"]] == listed
    assert counts(dry) == (1, 0, 0, 4)
    assert (await portal.get("/students/503")).status_code == 404
    skipped = await send(portal, school, students, skip_bad_rows=True)
    assert (counts(skipped), len(skipped["problems"])) == ((1, 0, 0, 4), 4)


async def test_class_of_another_department_is_named_so(portal, school):
    await portal.post("/imports/project", json=project_input("V4", school.year, []))
    told = await send(portal, school, [row(2, "101", home_class="V4a")], dry_run=True)
    assert [p["code"] for p in told["problems"]] == ["home_class_of_other_department"]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"school": "NO"}, "unknown_school"),
        ({"branch": "NO"}, "unknown_branch"),
        ({"school_year": 2000}, "past_year"),
        ({"school_year": 2199}, "unknown_project"),
    ],
)
async def test_a_list_makes_no_structure(portal, school, place, code):
    refused = await send(portal, school, everybody(), status=422, **place)
    assert [problem["code"] for problem in refused["params"]["problems"]] == [code]


async def test_who_left_is_listed_and_not_brought_back(portal, school):
    await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    await eventually(lambda: _gone(portal, "101"))
    told = await send(portal, school, everybody())
    assert (told["departed"], counts(told)) == (["101"], (0, 0, 0, 3))
    assert (await portal.get("/students/101")).json()["enrolments"] == []


async def test_archived_account_gets_no_new_enrolment(portal, school, sql):
    await sql("INSERT INTO account (\"user\", version, session_version, archived) VALUES ('501', 1, 2, true)")
    told = await send(portal, school, [*everybody(), row(9, "501")])
    assert (told["archived"], counts(told)) == (["501"], (0, 0, 0, 4))
    assert (await portal.get("/students/501")).status_code == 404


async def _gone(portal, code):
    return not (await portal.get(f"/students/{code}")).json()["enrolments"]


async def proposals(portal, **filters):
    items = (await portal.get("/departure-proposals", params=filters)).json()["items"]
    return [(one["student"], one["state"]) for one in items]


async def test_who_is_gone_is_proposed_once_and_no_more_when_he_is_back(portal, school):
    told = await send(portal, school, everybody()[1:])
    assert told["gone"] == {"students": ["101"], "proposed": ["101"], "withdrawn": [], "held": None}
    assert (await send(portal, school, everybody()[1:]))["gone"]["proposed"] == []
    assert await proposals(portal) == [("101", "open")]

    assert (await send(portal, school, everybody()))["gone"]["withdrawn"] == ["101"]
    assert await proposals(portal, state="open") == []
    assert (await send(portal, school, everybody()[1:]))["gone"]["proposed"] == ["101"]


async def test_accepted_proposal_is_a_departure(portal, school):
    await send(portal, school, everybody()[1:])
    [proposal] = (await portal.get("/departure-proposals", params={"source": "somtoday"})).json()["items"]
    body = {"proposals": [proposal["id"]], "reason": "left"}

    answer = await portal.post("/departure-proposals/accept", json=body)

    assert answer.status_code == 202, answer.text
    [departure] = answer.json()["items"]
    assert (departure["student"], departure["reason"]) == ("101", "left")
    [shown] = (await portal.get("/departure-proposals", params={"state": "accepted"})).json()["items"]
    assert (shown["departure"], shown["ended_by"]) == (departure["id"], "manager")
    again = await portal.post("/departure-proposals/accept", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "proposal_not_open")
    await eventually(lambda: _gone(portal, "101"))
    assert (await send(portal, school, everybody()[1:]))["gone"]["students"] == []


async def test_dismissed_one_is_proposed_again_only_after_he_was_seen(portal, school):
    await send(portal, school, everybody()[1:])
    [proposal] = (await portal.get("/departure-proposals")).json()["items"]
    dismissed = await portal.post("/departure-proposals/dismiss", json={"proposals": [proposal["id"]]})
    assert [one["state"] for one in dismissed.json()["items"]] == ["dismissed"]

    assert (await send(portal, school, everybody()[1:]))["gone"]["proposed"] == []
    await send(portal, school, everybody())
    assert (await send(portal, school, everybody()[1:]))["gone"]["proposed"] == ["101"]


async def test_list_that_breaks_off_proposes_nobody_until_confirmed(portal, school):
    crowd = [str(code) for code in range(200, 230)]
    await portal.post("/imports/project", json=project_input("H4", school.year, crowd))

    told = await send(portal, school, everybody())
    assert (len(told["gone"]["students"]), told["gone"]["held"]) == (30, "gone_over_threshold")
    assert await proposals(portal) == []
    told = await send(portal, school, everybody(), confirm_threshold=True)
    assert (len(told["gone"]["proposed"]), told["gone"]["held"]) == (30, None)


async def test_incomplete_list_and_rows_that_were_left_out_propose_nobody(portal, school):
    told = await send(portal, school, everybody()[2:], seen=["101"])
    assert told["gone"]["students"] == ["102"]
    told = await send(portal, school, everybody()[2:], complete=False)
    assert (told["gone"]["held"], told["gone"]["proposed"]) == ("list_incomplete", [])


async def test_who_is_missing_next_year_is_not_proposed_to_leave_today(portal, school):
    students = [row(2, "101", department="H5"), row(3, "102", department="H5")]
    told = await send(portal, school, students, school_year=school.year + 1)
    assert (told["gone"]["students"], told["gone"]["held"]) == (["103"], "later_year")
    assert await proposals(portal) == []


async def test_dry_run_leaves_nothing(portal, school):
    told = await send(portal, school, [*everybody()[1:], row(9, "501")], dry_run=True)
    assert (told["created"], told["gone"]["proposed"]) == (1, ["101"])
    assert await proposals(portal) == []
    assert (await portal.get("/students/501")).status_code == 404


async def test_proposals_of_another_branch_are_unknown(house, portal, school):
    await send(portal, school, everybody()[1:])
    [proposal] = (await portal.get("/departure-proposals")).json()["items"]
    elsewhere = house.token("office", {Role.STUDENT_OFFICE: [10**6]})
    headers = {"Authorization": f"Bearer {elsewhere}"}
    assert (await portal.get("/departure-proposals", headers=headers)).json()["items"] == []
    body = {"proposals": [proposal["id"]], "reason": "left"}
    refused = await portal.post("/departure-proposals/accept", json=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_proposals")
    body = {"proposals": [proposal["id"]]}
    refused = await portal.post("/departure-proposals/dismiss", json=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_proposals")


async def test_importing_is_for_who_manages_every_branch(house, portal, school):
    bound = house.token("man", {Role.APPLICATION_MANAGER: [school.now["branch"]]})
    body = {"school": "LYC", "branch": "HO", "school_year": school.year, "source": "x", "students": []}
    answer = await portal.post(PATH, json=body, headers={"Authorization": f"Bearer {bound}"})
    assert answer.status_code == 403


async def test_statements_do_not_grow_with_the_rows(by_portal, engine, work):
    async def run(first: int, size: int, home_class: str) -> int:
        rows = [
            StudentRow(at, StudentCode(str(first + at)), "H4", home_class, "NG", ["biol", "wisA"])
            for at in range(2, size + 2)
        ]
        given = StudentsGiven(
            "LYC", "HO", by_portal.year, "somtoday", rows, led=[FieldGroup.HOME_CLASS], confirmed=True
        )
        with counted_statements(engine) as statements:
            async with work() as uow:
                await import_students(uow, given, Scope(everything=True), threshold=25)
                await uow.commit()
        return len(statements)

    # New, another home class, the same again.
    few = [await run(10_000, 20, home_class) for home_class in ("H4a", "H4b", "H4b")]
    many = [await run(20_000, 400, home_class) for home_class in ("H4a", "H4b", "H4b")]
    assert few == many
