"""Import of one branch of a project: repeatable, all or nothing, and it brings nobody back."""

import json
from functools import partial

from shared import clock
from shared.contracts.rights import Role
from tests.support.eventually import eventually
from tests.support.school import project_input


async def test_rerun_changes_nothing(portal, school):
    again = project_input("H4", school.year, ["101", "102", "103", "104"])

    answer = (await portal.post("/imports/project", json=again)).json()

    assert (answer["created"], answer["updated"], answer["unchanged"]) == (0, 0, 4)
    assert answer["enrolments"] == school.now["enrolments"]
    assert (await portal.get("/students/101")).json()["version"] == 2  # this year and next year


async def test_changed_file_changes_only_what_differs(portal, school):
    changed = project_input("H4", school.year, ["101", "102", "103", "104", "105"])
    changed["students"][1] |= {"home_class": "H4a", "groups": ["biol.H4"], "choices": ["biol"]}

    answer = (await portal.post("/imports/project", json=changed)).json()

    assert (answer["created"], answer["updated"], answer["unchanged"]) == (1, 1, 3)
    moved = (await portal.get("/students/102")).json()["enrolments"][0]
    assert moved["home_class"]["code"] == "H4a"
    assert [group["code"] for group in moved["groups"]] == ["biol.H4"]
    assert moved["choice_package"] == ["biol"]


async def test_dry_run_leaves_nothing(portal):
    given = project_input("H4", 2026, ["101"]) | {"dry_run": True}

    answer = await portal.post("/imports/project", json=given)

    assert answer.json()["created"] == 1
    assert (await portal.get("/projects")).json()["items"] == []


async def test_department_of_an_enrolment_never_changes(portal, school):
    other = project_input("V4", school.year, ["101", "102"])

    answer = await portal.post("/imports/project", json=other)

    assert answer.status_code == 422
    assert [(p["place"], p["code"]) for p in answer.json()["params"]["problems"]] == [
        ("students[0].department", "enrolled_in_other_department"),
        ("students[1].department", "enrolled_in_other_department"),
    ]
    assert [d["code"] for d in (await portal.get("/departments")).json()["items"]] == ["H4", "H5"]


async def test_who_left_is_listed_and_not_brought_back(portal, school):
    await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    await eventually(lambda: _gone(portal, "101"))

    answer = await portal.post("/imports/project", json=project_input("H4", school.year, ["101", "102"]))

    assert answer.json()["departed"] == ["101"]
    assert (await portal.get("/students/101")).json()["enrolments"] == []


async def _own_steps_done(portal, departure):
    steps = (await portal.get(f"/departures/{departure}")).json()["steps"]
    return steps["enrolments"]["state"] == steps["prognoses"]["state"] == "done"


async def _gone(portal, code):
    return not (await portal.get(f"/students/{code}")).json()["enrolments"]


async def test_next_years_project_does_not_move_a_student_to_another_branch_yet(portal, school):
    elsewhere = project_input("V1", school.year + 1, ["104"], branch="ZU")

    answer = (await portal.post("/imports/project", json=elsewhere)).json()

    student = (await portal.get("/students/104")).json()
    assert student["branch"] == school.now["branch"] != answer["branch"]
    assert [e["kind"] for e in student["enrolments"]] == ["enrolment", "prognosis"]
    assert clock.school_year_of(clock.today()) == school.year


async def test_every_contradiction_is_listed_with_its_place(portal):
    bad = project_input("H4", 2026, ["101", "102", "103", "103"])
    bad["students"][0]["department"] = "X9"
    bad["students"][1] |= {"home_class": "biol.H4", "groups": ["H4a"], "choices": ["zzz"]}
    bad["groups"][0]["department"] = "Y9"

    answer = await portal.post("/imports/project", json=bad)

    assert (answer.status_code, answer.json()["code"]) == (422, "import_refused")
    assert {(p["place"], p["code"]) for p in answer.json()["params"]["problems"]} >= {
        ("groups[0].department", "unknown_department"),
        ("students[0].department", "unknown_department"),
        ("students[1].home_class", "unknown_home_class"),
        ("students[1].groups", "unknown_group"),
        ("students[1].choices", "unknown_subject"),
        ("students[2]", "student_twice"),
        ("students[3]", "student_twice"),
    }
    assert (await portal.get("/projects")).json()["items"] == []


async def test_importing_is_for_who_manages_every_branch(house, portal, school):
    bound = house.token("man", {Role.APPLICATION_MANAGER: [school.now["branch"]]})
    answer = await portal.post(
        "/imports/project",
        json=project_input("H4", school.year, ["101"]),
        headers={"Authorization": f"Bearer {bound}"},
    )
    assert answer.status_code == 403


async def test_move_to_another_branch_is_told(portal, school, sql):
    """Last year's file said one branch; this year's says another: users must hear of it."""
    await portal.post("/imports/project", json=project_input("V1", school.year, ["105"], branch="ZU"))
    await sql(f"UPDATE student SET branch_id = {school.now['branch']} WHERE code = '105'")
    version = (await portal.get("/students/105")).json()["version"]

    await portal.post("/imports/project", json=project_input("V1", school.year, ["105"], branch="ZU"))

    after = (await portal.get("/students/105")).json()
    assert after["branch"] != school.now["branch"]
    assert after["version"] == version + 1


async def test_who_left_two_schools_is_brought_back_by_neither(portal, school, sql):
    other = project_input("V4", school.year, ["101"], school="GYM", branch="GY")
    there = (await portal.post("/imports/project", json=other)).json()
    for place in (school.now["school"], there["school"]):
        body = {"students": ["101"], "reason": "left", "school": place}
        asked = await portal.post("/departures", json=body)
        assert asked.status_code == 202, asked.text
        departure = asked.json()["items"][0]["id"]
        await eventually(partial(_own_steps_done, portal, departure), what="own steps")
        await sql("UPDATE departure SET state = 'completed', completed_at = now()")

    again = project_input("H4", school.year, ["101", "102"])
    assert (await portal.post("/imports/project", json=again)).json()["departed"] == ["101"]


async def test_code_longer_than_a_message_can_carry_is_refused(portal):
    given = json.dumps(project_input("H4", 2026, ["101"]))

    answer = await portal.post("/imports/project", json=json.loads(given.replace("biol.H4", "b" * 65)))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
