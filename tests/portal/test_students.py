"""The list of students, one student, and who may see them."""

import pytest

from shared.contracts.facts import PersonChanged
from shared.contracts.rights import Role
from shared.contracts.values import UserKind
from tests.support.school import project_input


@pytest.fixture
async def named(portal, school, portal_app):
    """101 is Özlem van den Berg, 102 Jan Aalbers, 103 Piet Berg; 104 has no name yet."""
    names = {"101": ("Özlem", "van den", "Berg"), "102": ("Jan", "", "Aalbers"), "103": ("Piet", "", "Berg")}
    await _note(portal_app, [_person(code, 1, *name) for code, name in names.items()])
    return portal


def _person(code, version, given_name, prefix, family_name):
    return PersonChanged(
        user=code,
        version=version,
        kind=UserKind.STUDENT,
        given_name=given_name,
        prefix=prefix,
        family_name=family_name,
    )


async def _note(app, facts):
    from portal.features.person_copy import note_people
    from shared.messaging.unit_of_work import Origin

    async with app.state.road.open_work(Origin("test", "test")) as uow:
        await note_people(uow, facts)
        await uow.commit()


async def codes(portal, **filters):
    answer = await portal.get("/students", params=filters)
    assert answer.status_code == 200, answer.text
    return [row["student"] for row in answer.json()["items"]]


async def test_sorted_by_family_name_prefix_aside(named):
    assert await codes(named) == ["104", "102", "103", "101"]


async def test_pages_hold_everyone_once(named):
    first = (await named.get("/students", params={"limit": 3})).json()
    rest = (await named.get("/students", params={"limit": 3, "cursor": first["next"]})).json()

    assert [r["student"] for r in first["items"] + rest["items"]] == ["104", "102", "103", "101"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("q", "found"),
    [("ozlem", ["101"]), ("BERG", ["103", "101"]), ("van berg", ["101"]), ("102", ["102"]), ("%", [])],
)
async def test_search(named, q, found):
    assert await codes(named, q=q) == found


async def test_filters(named, school):
    department = school.now["departments"]["H4"]
    assert await codes(named, department=department) == ["104", "102", "103", "101"]
    assert await codes(named, project=school.later["project"]) == ["102", "103", "101"]
    assert await codes(named, branch=999) == []


async def test_older_word_on_a_person_is_ignored(named, portal_app):
    await _note(portal_app, [_person("102", 3, "Jan", "", "Zwart"), _person("102", 2, "Jan", "", "Wit")])
    await _note(portal_app, [_person("102", 1, "Jan", "", "Aalbers")])

    assert (await named.get("/students/102")).json()["name"]["family_name"] == "Zwart"


async def test_another_branch_is_unknown_and_another_role_forbidden(house, portal, school):
    other = (
        await portal.post("/imports/project", json=project_input("V1", school.year, ["201"], branch="ZU"))
    ).json()
    office = {"Authorization": f"Bearer {house.token('off', {Role.STUDENT_OFFICE: [school.now['branch']]})}"}
    timetabler = {"Authorization": f"Bearer {house.token('rst', {Role.TIMETABLER: [school.now['branch']]})}"}
    mentor = {"Authorization": f"Bearer {house.token('men', {Role.MENTOR: [school.now['branch']]})}"}

    listed = (await portal.get("/students", headers=office)).json()["items"]
    outside = await portal.get("/students/201", headers=office)
    unknown = await portal.get("/students/777", headers=office)
    leave = {"students": ["201"], "reason": "left"}

    assert "201" not in [row["student"] for row in listed]
    assert outside.status_code == unknown.status_code == 404
    assert outside.json() == unknown.json()
    assert (await portal.post("/departures", json=leave, headers=office)).json()["code"] == "unknown_students"
    assert (await portal.post("/departures", json=leave, headers=timetabler)).status_code == 403
    assert (await portal.get("/students", headers=mentor)).status_code == 403
    enrolment = other["enrolments"]["201"]
    assert (await portal.delete(f"/enrolments/{enrolment}", headers=office)).status_code == 404


@pytest.mark.parametrize("role", [Role.MENTOR, Role.TEAM_LEADER, Role.DEAN])
async def test_who_reads_only_his_own_groups_reads_nobody_yet(house, portal, school, role):
    caller = {"Authorization": f"Bearer {house.token('men', {role: [school.now['branch']]})}"}

    assert (await portal.get("/students/101", headers=caller)).status_code == 404
    assert (await portal.get("/students/101/footprint", headers=caller)).status_code == 403


async def test_student_sees_himself_and_nobody_else(house, portal, school):
    own = {"Authorization": f"Bearer {house.token('101', {Role.STUDENT: None})}"}

    assert (await portal.get("/students/101", headers=own)).json()["student"] == "101"
    assert (await portal.get("/students/102", headers=own)).status_code == 404
    assert (await portal.get("/students", headers=own)).status_code == 403


async def test_deleting_an_enrolment_alone_says_what_is_left_behind(portal, school):
    answer = await portal.delete(f"/enrolments/{school.now['enrolments']['101']}")

    assert answer.status_code == 200
    assert answer.json()["left_behind"] == {
        "account": True,
        "prognoses": [school.later["enrolments"]["101"]],
        "desktop_projects": [school.now["project"], school.later["project"]],
    }
    again = await portal.delete(f"/enrolments/{school.now['enrolments']['101']}")
    assert again.status_code == 404


async def test_running_departure_locks_the_placement(portal, school):
    departure = (await portal.post("/departures", json={"students": ["102"], "reason": "left"})).json()
    later = school.later["enrolments"]["103"]

    locked = await portal.delete(f"/enrolments/{school.later['enrolments']['102']}")

    # The step may be done already, and then the enrolment is unknown; else the lock names the departure.
    if locked.status_code != 404:
        assert (locked.status_code, locked.json()["code"]) == (409, "departure_running")
        assert locked.json()["params"]["departure"] == departure["items"][0]["id"]
    assert (await portal.delete(f"/enrolments/{later}")).status_code == 200
