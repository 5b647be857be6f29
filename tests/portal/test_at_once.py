"""Two at once: requests and messages that meet on one student."""

import asyncio

from portal.features.enrolment_removal import remove_enrolments
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.commands import RemoveEnrolments
from shared.ids import new_id
from shared.messaging.unit_of_work import Origin
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
