"""Enrolling by itself: newcomers, a second department, and the way back for who left for good."""

import pytest
from sqlalchemy import select

from portal.features.changes_by_message import delete_by_message, enrol_by_message
from shared.contracts.changes import (
    ChangeRefused,
    DeleteEnrolment,
    EnrolmentDeleted,
    EnrolStudent,
    ReopenAccount,
    StudentEnrolled,
)
from shared.contracts.ids import BranchId, UserCode
from shared.contracts.message import Envelope
from shared.contracts.rights import Role
from shared.ids import new_id
from shared.messaging.tables import outbox
from shared.runtime.access import RoleHolder
from tests.portal.test_leftovers import ACCOUNT, Told, leftovers
from tests.portal.test_undo import depart, enrolments_of, undo
from tests.support.counting import counted_statements
from tests.support.school import project_input


async def enrol(portal, student, department, *, second=False, **more):
    body = {"student": student, "department": department, "second": second}
    return await portal.post("/enrolments", json=body, **more)


@pytest.fixture
def told(work, school):
    return Told(work, school)


async def said(work, kind):
    async with work() as uow:
        query = select(outbox.c.body).where(outbox.c.type == kind.type).order_by(outbox.c.id)
        return list(await uow.session.scalars(query))


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


async def test_a_newcomer_whom_users_registered_is_enrolled(portal, school, told, work):
    await told.people("900")
    assert (await portal.get("/students/900")).status_code == 404

    answer = await enrol(portal, "900", department_of(school.now))

    assert answer.status_code == 201, answer.text
    assert (answer.json()["account"], answer.json()["account_reopening"]) == (True, False)
    student = (await portal.get("/students/900")).json()
    assert (student["branch"], student["version"]) == (school.now["branch"], 1)
    [fact] = await said(work, StudentEnrolled)
    made = answer.json()["enrolment"]["id"]
    assert (fact["student"], fact["version"], fact["enrolment"], fact["request"]) == ("900", 1, made, None)


async def test_a_second_enrolment_is_another_department_on_purpose(portal, school, sql):
    file = project_input("V4", school.year, ["109"])
    other = (await portal.post("/imports/project", json=file)).json()["departments"]["V4"]
    assert (await enrol(portal, "101", other)).json()["code"] == "already_enrolled"

    second = await enrol(portal, "101", other, second=True)

    assert second.status_code == 201, second.text
    assert (await enrol(portal, "101", other, second=True)).json()["code"] == "already_enrolled"
    shown = [e["department"]["code"] for e in await enrolments_of(portal, "101") if e["kind"] == "enrolment"]
    assert shown == ["H4", "V4"]
    footprint = (await portal.get("/students/101/footprint")).json()
    assert [one["department"]["code"] for one in footprint["enrolments"]] == ["H4", "V4"]
    # An import of either department leaves the other be, and a departure and its undo carry both.
    again = await portal.post("/imports/project", json=project_input("H4", school.year, ["101"]))
    assert (again.status_code, again.json()["unchanged"]) == (200, 1)
    departure = await gone(portal, sql, "101", days=1)
    assert await enrolments_of(portal, "101") == []
    assert (await undo(portal, departure))["enrolments"]["left_over"] == []
    back = [e["department"]["code"] for e in await enrolments_of(portal, "101") if e["kind"] == "enrolment"]
    assert back == ["H4", "V4"]


async def test_who_may_restore_reopens_the_account_of_a_leaver(house, portal, school, told, sql, work):  # noqa: PLR0917
    await told.people("101", "102")
    for code in ("101", "102"):
        await gone_for_good(portal, sql, code)
        await told.archived(code)
    roles = {Role.TIMETABLER: [school.now["branch"]]}
    timetabler = {"Authorization": f"Bearer {house.token('tim', roles)}"}
    office = {"Authorization": f"Bearer {house.token('off', {Role.STUDENT_OFFICE: [school.now['branch']]})}"}

    by_timetabler = (await enrol(portal, "101", department_of(school.now), headers=timetabler)).json()
    by_office = (await enrol(portal, "102", department_of(school.now), headers=office)).json()

    assert (by_timetabler["account"], by_timetabler["account_reopening"]) == (False, False)
    assert (by_office["account"], by_office["account_reopening"]) == (False, True)
    assert await said(work, ReopenAccount) == [{"user": "102", "requested_by": "off"}]
    listed = [student for student, kind in await leftovers(portal) if kind != ACCOUNT]
    assert listed == ["101", "102"]
    await told.restored("102")
    assert [student for student, kind in await leftovers(portal) if kind != ACCOUNT] == ["101"]


async def test_an_older_departure_is_not_taken_back_under_a_later_one(portal, school, sql):
    first = await gone(portal, sql, "101", days=2)
    await enrol(portal, "101", department_of(school.now))
    later = await gone(portal, sql, "101", days=1)

    refused = await portal.post(f"/departures/{first['id']}/undo")

    assert (refused.status_code, refused.json()["code"]) == (409, "later_departure")
    assert refused.json()["params"] == {"student": "101", "departure": later["id"]}
    assert (await portal.post(f"/departures/{later['id']}/undo")).status_code == 202


async def test_deleting_one_is_told(portal, school, work):
    enrolment = school.now["enrolments"]["101"]
    assert (await portal.delete(f"/enrolments/{enrolment}")).status_code == 200
    [fact] = await said(work, EnrolmentDeleted)
    assert (fact["student"], fact["enrolment"], fact["request"]) == ("101", enrolment, None)


def asked(command, sender="koppeling"):
    command.arrived(Envelope(id=new_id(), correlation_id=f"for-{command.student}", sender=sender))
    return command


def programs(*branches):
    """A program that speaks as a student office of these branches."""
    held = frozenset(map(BranchId, branches))
    return {"koppeling": RoleHolder(UserCode("koppeling"), {Role.STUDENT_OFFICE: held})}


async def by_queue(work, reaction, commands, automations):
    async with work() as uow:
        await reaction(uow, commands, automations)
        await uow.commit()


async def test_by_queue_each_is_answered_and_the_others_go_on(portal, school, told, work):
    await told.people("900")
    here, office = department_of(school.now), programs(school.now["branch"])
    new = asked(EnrolStudent(student="900", department=here))
    twice = asked(EnrolStudent(student="101", department=here))
    unknown = asked(EnrolStudent(student="999", department=here))
    stranger = asked(EnrolStudent(student="104", department=here), sender="vreemde")

    await by_queue(work, enrol_by_message, [new, twice, unknown, stranger], office)

    [fact] = await said(work, StudentEnrolled)
    assert (fact["student"], fact["request"]) == ("900", str(new.envelope.id))
    refused = {one["request"]: one["code"] for one in await said(work, ChangeRefused)}
    assert refused == {
        str(twice.envelope.id): "already_enrolled",
        str(unknown.envelope.id): "unknown_students",
        str(stranger.envelope.id): "not_allowed",
    }


async def test_by_queue_an_enrolment_goes_only_with_its_own_student(portal, school, work):
    office = programs(school.now["branch"])
    his = asked(DeleteEnrolment(student="101", enrolment=school.now["enrolments"]["101"]))
    other = asked(DeleteEnrolment(student="102", enrolment=school.now["enrolments"]["103"]))
    await by_queue(work, delete_by_message, [his, other], office)
    await by_queue(
        work,
        delete_by_message,
        [asked(DeleteEnrolment(student="104", enrolment=school.now["enrolments"]["104"]))],
        programs(school.now["branch"] + 1000),
    )
    assert [fact["request"] for fact in await said(work, EnrolmentDeleted)] == [str(his.envelope.id)]
    assert [fact["code"] for fact in await said(work, ChangeRefused)] == ["not_found", "not_found"]


async def test_statements_do_not_grow_with_the_batch(portal, school, told, work, engine):
    codes = [str(code) for code in range(900, 930)]
    await told.people(*codes)
    here, office = department_of(school.now), programs(school.now["branch"])

    async def statements(reaction, commands):
        async with work() as uow:
            with counted_statements(engine) as counted:
                await reaction(uow, commands, office)
                await uow.commit()
            return len(counted)

    enrolling = [asked(EnrolStudent(student=code, department=here)) for code in codes]
    few = await statements(enrol_by_message, enrolling[:3])
    assert few == await statements(enrol_by_message, enrolling[3:])
    made = {fact["student"]: fact["enrolment"] for fact in await said(work, StudentEnrolled)}
    deleting = [asked(DeleteEnrolment(student=code, enrolment=made[code])) for code in codes]
    few = await statements(delete_by_message, deleting[:3])
    assert few == await statements(delete_by_message, deleting[3:])
