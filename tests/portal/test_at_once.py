"""Two at once: requests and messages that meet on one student."""

import asyncio

import pytest
from sqlalchemy import text

from portal.features.dissolution import dissolution_of_department, dissolution_of_subject, dissolve
from portal.features.enrolment_removal import remove_enrolments
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.commands import RemoveEnrolments
from shared.ids import new_id
from shared.messaging.unit_of_work import Origin
from shared.runtime.access import Scope
from tests.portal.test_home_class import groups_of, load
from tests.portal.test_undo import depart
from tests.support.school import project_input


async def test_of_many_requests_for_one_student_one_is_accepted(portal, school):
    body = {"students": ["101"], "reason": "left"}
    answers = await asyncio.gather(*(portal.post("/departures", json=body) for _ in range(10)))

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [202] + [409] * 9
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"departure_running"}


async def test_one_key_in_many_requests_is_one_departure(portal, school):
    body, headers = {"students": ["101"], "reason": "left"}, {"Idempotency-Key": "same"}
    answers = await asyncio.gather(
        *(portal.post("/departures", json=body, headers=headers) for _ in range(10))
    )

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["batch"] for answer in answers}) == 1


async def test_enrolment_is_deleted_once(portal, school):
    path = f"/enrolments/{school.now['enrolments']['102']}"
    answers = await asyncio.gather(*(portal.delete(path) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]


async def test_command_delivered_twice_at_once_keeps_its_memory(portal, school, engine):
    command = RemoveEnrolments(
        departure=new_id(),
        epoch=0,
        student="101",
        school=school.now["school"],
        requested_by="manager",
        school_year=school.year,
    )

    async def deliver():
        async with PortalUnitOfWork.open(engine, Origin("test", "test")) as uow:
            await remove_enrolments(uow, [command])
            await asyncio.sleep(0.2)
            await uow.commit()

    await asyncio.gather(deliver(), deliver())

    async with PortalUnitOfWork.open(engine, Origin("test", "test")) as uow:
        work = await uow.departures.work_of([command.departure], command.step)
    assert work[command.departure].removed == [school.now["enrolments"]["101"]]


async def test_imports_and_departures_of_one_school_do_not_deadlock(portal, school):
    file = project_input("H4", school.year, ["101", "102", "103", "104"])
    answers = await asyncio.gather(
        *(portal.post("/imports/project", json=file) for _ in range(4)),
        *(
            portal.post("/departures", json={"students": [s], "reason": "left"})
            for s in ("101", "102", "103")
        ),
    )

    assert {answer.status_code for answer in answers} == {200, 202}, [a.text for a in answers]


async def test_locked_student_may_still_be_referred_to(portal, school, work):
    """A second change of a departure in one transaction checks its student: two such met a request's lock."""
    async with work() as locking, work() as referring:
        await locking.students.lock(["101"])
        await referring.session.execute(text("SET LOCAL lock_timeout = '1s'"))
        await referring.session.execute(text("SELECT 1 FROM student WHERE code = '101' FOR KEY SHARE"))


async def test_of_undo_and_another_departure_at_once_one_goes_first(portal, school, sql):
    """He left, is enrolled again, and leaves again while his first departure is taken back."""
    [first] = await depart(portal, "104")
    await sql("UPDATE departure_step SET state = 'done', sent_at = NULL")
    await sql("UPDATE departure SET state = 'completed', completed_at = now()")
    [department] = school.now["departments"].values()
    enrolled = await portal.post("/enrolments", json={"student": "104", "department": department})
    assert enrolled.status_code == 201, enrolled.text
    body = {"students": ["104"], "reason": "left"}

    answers = await asyncio.gather(
        portal.post(f"/departures/{first['id']}/undo"), portal.post("/departures", json=body)
    )

    [refused] = [answer for answer in answers if answer.status_code != 202]
    assert (refused.status_code, refused.json()["code"]) in {(409, "departure_running"), (503, "try_later")}


async def test_undo_is_refused_while_another_departure_is_open(portal, school, sql):
    [first] = await depart(portal, "104")
    await sql("UPDATE departure_step SET state = 'done', sent_at = NULL")
    await sql("UPDATE departure SET state = 'completed', completed_at = now()")
    [department] = school.now["departments"].values()
    await portal.post("/enrolments", json={"student": "104", "department": department})
    [second] = await depart(portal, "104")

    alone = await portal.post(f"/departures/{first['id']}/undo")
    together = await portal.post("/departures/undo", json={"departures": [first["id"]]})

    assert (alone.status_code, alone.json()["code"]) == (409, "departure_running")
    assert alone.json()["params"]["departure"] == second["id"]
    assert [one["code"] for one in together.json()["refused"]] == ["departure_running"]


ALL = Scope(everything=True)


async def waits(asking, uow):
    """What is asked while a transaction is open is judged by what that has changed."""
    asked = asyncio.create_task(asking)
    await asyncio.wait([asked], timeout=0.5)
    assert not asked.done()
    await uow.commit()
    answer = await asked
    return answer.status_code, answer.json().get("code")


async def test_who_leads_is_asked_under_a_lock(portal, school, work):
    lower = await load(portal, "B1", ["11"], authority="portal")
    department = lower["departments"]["B1"]
    group = (await groups_of(portal, department))["B1b"]
    body = {"department": department, "choice_package": "keep", "home_class": group}
    for path, wish in (
        (f"/enrolments/{lower['enrolments']['11']}/home-class", {"group": group}),
        (f"/enrolments/{school.now['enrolments']['101']}/department", body),
    ):
        async with work() as uow:
            await uow.session.execute(text("UPDATE department SET home_class_authority = 'desktop'"))
            assert await waits(portal.put(path, json=wish), uow) == (409, "desktop_is_leading")
        async with work() as uow:
            await uow.session.execute(text("UPDATE department SET home_class_authority = 'portal'"))
            await uow.commit()


@pytest.mark.parametrize("coming", ["enrolled", "moved"])
async def test_nobody_comes_into_a_department_while_it_is_dissolved(portal, school, work, coming):
    body = {"project": school.now["project"], "branch": school.now["branch"], "code": "H9", "name": "Havo"}
    made = await portal.post("/departments", json=body | {"home_class_authority": "portal"})
    department = made.json()["id"]
    path = f"/enrolments/{school.now['enrolments']['101']}/department"
    enrol = {"student": "104", "department": department, "second": True}
    move = {"department": department, "choice_package": "wipe"}

    async with work() as uow:
        await dissolve(uow, await dissolution_of_department(uow, department, ALL), confirmed=True)
        asking = portal.put(path, json=move) if coming == "moved" else portal.post("/enrolments", json=enrol)
        assert await waits(asking, uow) == (404, "not_found")


async def test_nobody_chooses_a_subject_while_it_is_dissolved(portal, school, work):
    [department] = school.now["departments"].values()
    body = {"department": department, "code": "fi", "name": "Filosofie", "is_choosable": True}
    subject = (await portal.post("/subjects", json=body)).json()["id"]
    path = f"/enrolments/{school.now['enrolments']['101']}/choice-package"

    async with work() as uow:
        await dissolve(uow, await dissolution_of_subject(uow, subject, ALL), confirmed=True)
        asking = portal.put(path, json={"subjects": ["fi"]})
        assert await waits(asking, uow) == (422, "not_choosable")


async def test_an_import_locks_students_before_departments(portal, school, work):
    """As who places a student does: else the two would wait for each other."""
    file = project_input("H4", school.year, ["101"], authority="portal")
    async with work() as uow:
        await uow.students.lock(["101"])
        asked = asyncio.create_task(portal.post("/imports/project", json=file))
        await asyncio.wait([asked], timeout=0.5)
        await uow.session.execute(text("SET LOCAL lock_timeout = '1s'"))
        await uow.structure.hold(school.now["departments"].values())
        await uow.commit()
    assert (await asked).status_code == 200
