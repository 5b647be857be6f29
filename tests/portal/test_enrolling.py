"""Enrolling by itself: the way back for who left, once his departure can no longer be undone."""

from shared.contracts.rights import Role
from tests.portal.test_undo import depart, enrolments_of, undo
from tests.support.school import project_input


async def enrol(portal, student, department, **more):
    body = {"student": student, "department": department}
    return await portal.post("/enrolments", json=body, **more)


def department_of(imported):
    [department] = imported["departments"].values()
    return department


async def gone(portal, sql, student, days):
    [departure] = await depart(portal, student)
    await sql("UPDATE departure_step SET state = 'done', sent_at = NULL")
    await sql(f"UPDATE departure SET state = 'completed', completed_at = now() - interval '{days} days'")
    return departure


async def gone_for_good(portal, sql, student):
    departure = await gone(portal, sql, student, days=15)
    undo = await portal.post(f"/departures/{departure['id']}/undo")
    assert undo.json()["code"] == "undo_window_over"


async def test_who_left_for_good_is_enrolled_anew_and_can_leave_again(portal, school, sql):
    await gone_for_good(portal, sql, "101")
    version = (await portal.get("/students/101")).json()["version"]

    answer = await enrol(portal, "101", department_of(school.now))

    assert answer.status_code == 201, answer.text
    made = answer.json()["enrolment"]
    assert made["id"] != school.now["enrolments"]["101"]
    assert (made["kind"], made["department"]["code"], made["home_class"]) == ("enrolment", "H4", None)
    student = (await portal.get("/students/101")).json()
    assert [e["id"] for e in student["enrolments"]] == [made["id"]]
    assert student["version"] == version + 1
    assert len(student["history"]) == 1
    again = await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    assert again.status_code == 202, again.text


async def test_import_after_it_knows_him_again(portal, school, sql):
    await gone_for_good(portal, sql, "101")
    file = project_input("H4", school.year, ["101", "102", "103", "104"])
    assert (await portal.post("/imports/project", json=file)).json()["departed"] == ["101"]

    await enrol(portal, "101", department_of(school.now))

    imported = (await portal.post("/imports/project", json=file)).json()
    assert (imported["departed"], imported["updated"]) == ([], 1)
    [enrolment] = await enrolments_of(portal, "101")
    assert enrolment["home_class"]["code"] == "H4a"


async def test_nobody_is_enrolled_twice_in_a_project(portal, school):
    answer = await enrol(portal, "101", department_of(school.now))

    assert (answer.status_code, answer.json()["code"]) == (409, "already_enrolled")
    assert answer.json()["params"] == {"student": "101", "enrolment": school.now["enrolments"]["101"]}


async def test_undo_brings_no_second_enrolment_beside_a_new_one(portal, school, sql):
    file = project_input("V4", school.year, ["109"])
    other = (await portal.post("/imports/project", json=file)).json()
    departure = await gone(portal, sql, "101", days=1)
    made = (await enrol(portal, "101", other["departments"]["V4"])).json()["enrolment"]

    steps = await undo(portal, departure)

    left = school.now["enrolments"]["101"]
    assert steps["enrolments"]["left_over"] == [{"what": f"enrolment:{left}", "why": "there_already"}]
    now = [e["id"] for e in await enrolments_of(portal, "101") if e["kind"] == "enrolment"]
    assert now == [made["id"]]


async def test_prognosis_is_an_enrolment_of_next_year(portal, school):
    answer = await enrol(portal, "104", department_of(school.later))

    assert answer.json()["enrolment"]["kind"] == "prognosis"


async def test_nobody_is_enrolled_while_his_departure_runs(portal, school):
    await depart(portal, "101")

    answer = await enrol(portal, "101", department_of(school.now))

    assert (answer.status_code, answer.json()["code"]) == (409, "departure_running")


async def test_unknown_and_past_and_foreign_are_refused(house, portal, school):
    past = (await portal.post("/imports/project", json=project_input("H3", school.year - 1, ["105"]))).json()
    other = (
        await portal.post("/imports/project", json=project_input("V1", school.year, ["201"], branch="NZ"))
    ).json()
    office = {"Authorization": f"Bearer {house.token('off', {Role.STUDENT_OFFICE: [school.now['branch']]})}"}

    unknown = await enrol(portal, "999", department_of(school.now))
    elsewhere = await enrol(portal, "101", department_of(other), headers=office)
    stranger = await enrol(portal, "201", department_of(school.now), headers=office)
    too_late = await enrol(portal, "101", department_of(past))

    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_students")
    assert elsewhere.status_code == too_late.status_code == 404
    assert stranger.json()["code"] == "unknown_students"


async def test_same_key_enrols_once(portal, school, sql):
    await gone_for_good(portal, sql, "101")
    first, second = [
        await enrol(portal, "101", department_of(school.now), headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]

    assert first.json() == second.json()
    assert len(await enrolments_of(portal, "101")) == 1
