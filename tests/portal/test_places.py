"""Branches and schools: whose student he is, who may let him leave, and where he belongs afterwards."""

import base64
import json
from functools import partial

import pytest

from shared.contracts.rights import Role
from tests.support.eventually import eventually
from tests.support.school import project_input


@pytest.fixture
def office(house):
    """Headers of a student office of one branch."""

    def of(branch):
        return {"Authorization": f"Bearer {house.token('off', {Role.STUDENT_OFFICE: [branch]})}"}

    return of


@pytest.fixture
async def next_years_branch(portal, school):
    """102 goes to another branch of the school next year."""
    body = project_input("V1", school.year + 1, ["104"], branch="ZU")
    return (await portal.post("/imports/project", json=body)).json()["branch"]


@pytest.fixture
async def second_school(portal, school):
    """101 is a guest at another school this year."""
    body = project_input("V4", school.year, ["101"], school="GYM", branch="GY")
    return (await portal.post("/imports/project", json=body)).json()


async def own_steps(portal, departure):
    steps = (await portal.get(f"/departures/{departure}")).json()["steps"]
    return steps["enrolments"]["state"] == "done" and steps["prognoses"]["state"] in {"done", "kept"}


async def test_prognosis_at_a_branch_shows_the_student_but_is_no_right_to_let_him_leave(
    portal, office, next_years_branch
):
    there = office(next_years_branch)

    assert (await portal.get("/students/104", headers=there)).status_code == 200
    footprint = (await portal.get("/students/104/footprint", headers=there)).json()
    assert len(footprint["enrolments"]) == len(footprint["prognoses"]) == 1  # whole, or not at all
    body = {"students": ["104"], "reason": "left"}
    refused = await portal.post("/departures", json=body, headers=there)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_students")


async def test_who_let_him_leave_sees_the_departure(portal, school, office, second_school):
    there = office(second_school["branch"])
    body = {"students": ["101"], "reason": "left", "school": second_school["school"]}

    asked = await portal.post("/departures", json=body, headers=there)

    assert asked.status_code == 202, asked.text
    [departure] = asked.json()["items"]
    assert departure["steps"]["account"] == departure["steps"]["account"] | {
        "state": "kept",
        "reason": "enrolled_elsewhere",
    }
    assert (await portal.get(f"/departures/{departure['id']}", headers=there)).status_code == 200


async def test_of_two_schools_one_must_be_named_and_another_is_refused(portal, school, second_school):
    undecided = await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    body = {"students": ["102"], "reason": "left", "school": second_school["school"]}
    elsewhere = await portal.post("/departures", json=body)

    assert (undecided.status_code, undecided.json()["code"]) == (422, "school_undecided")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "not_at_school")


async def test_he_belongs_where_he_is_still_enrolled_and_keeps_his_last_place(
    portal, school, second_school, sql
):
    home, guest = school.now, second_school
    for leaves, belongs in ((guest, home), (home, home)):
        body = {"students": ["101"], "reason": "left", "school": leaves["school"]}
        departure = (await portal.post("/departures", json=body)).json()["items"][0]["id"]
        await eventually(partial(own_steps, portal, departure), what="own steps")
        student = (await portal.get("/students/101")).json()
        assert (student["school"], student["branch"]) == (belongs["school"], belongs["branch"])
        # The other services are not here to answer.
        await sql("UPDATE departure SET state = 'completed', completed_at = now()")


async def test_kept_prognosis_is_not_in_the_footprint(portal, school):
    body = {"students": ["101"], "reason": "left", "prognoses": "keep"}
    departure = (await portal.post("/departures", json=body)).json()["items"][0]["id"]
    await eventually(partial(own_steps, portal, departure), what="own steps")

    assert (await portal.get("/students/101/footprint")).json() == {"enrolments": [], "prognoses": []}
    shown = (await portal.get("/students/101")).json()["enrolments"]
    assert [enrolment["kind"] for enrolment in shown] == ["prognosis"]


async def test_cursor_holds_no_name(portal, school):
    page = (await portal.get("/students", params={"limit": 2})).json()

    assert json.loads(base64.urlsafe_b64decode(page["next"])) == [page["items"][-1]["student"]]


async def test_stream_of_an_unknown_batch_is_not_found(portal):
    unknown = "01900000-0000-7000-8000-000000000000"
    assert (await portal.get("/departures/events", params={"batch": unknown})).status_code == 404
    assert (await portal.get(f"/departures/{unknown}/events")).status_code == 404


@pytest.mark.parametrize("school_id", [True, "1", 1.0, 0, 2**63])
async def test_school_is_a_number_and_nothing_is_guessed(portal, school, school_id):
    body = {"students": ["101"], "reason": "left", "school": school_id}
    answer = await portal.post("/departures/preview", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
