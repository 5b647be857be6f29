"""The portal's reactions by themselves: set-based, repeatable, and deaf to what was overtaken."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.features.departure_results import StepResult, record_awaited, record_results
from portal.features.departure_schedule import resend_unanswered
from portal.features.enrolment_removal import remove_enrolments
from shared import clock
from shared.contracts.commands import DeleteStudent, RemoveEnrolments
from shared.contracts.facts import (
    AccountArchived,
    EnrolmentsRemoved,
    PrognosesRemoved,
    StudentAwaited,
    StudentDeleted,
)
from shared.ids import new_id
from shared.messaging.tables import outbox
from tests.support.counting import counted_statements
from tests.support.school import project_input


@pytest.fixture
async def crowd(portal):
    """60 students of one department."""
    year = clock.school_year_of(clock.today())
    students = [str(code) for code in range(300, 360)]
    answer = await portal.post("/imports/project", json=project_input("H4", year, students))
    return year, answer.json()["school"], students


def command(student, school, year, *, departure=None, epoch=0):
    return RemoveEnrolments(
        departure=departure or new_id(),
        epoch=epoch,
        student=student,
        school=school,
        requested_by="manager",
        school_year=year,
    )


async def answers(uow, kind):
    query = select(outbox.c.body).where(outbox.c.type == kind.type).order_by(outbox.c.id)
    return list(await uow.session.scalars(query))


async def test_statements_do_not_grow_with_the_students(work, crowd, engine):
    year, school, students = crowd
    counts = []
    for batch in (students[:1], students[1:]):
        with counted_statements(engine) as statements:
            async with work() as uow:
                await remove_enrolments(uow, [command(student, school, year) for student in batch])
                await uow.commit()
        counts.append(len(statements))

    assert counts[0] == counts[1]
    async with work() as uow:
        assert all(not e for e in (await uow.enrolments.of(students, since=year)).values())


async def test_repeated_command_is_answered_again_with_the_same_result(work, crowd):
    year, school, students = crowd
    asked = command(students[0], school, year)
    for _ in range(2):
        async with work() as uow:
            await remove_enrolments(uow, [asked])
            await uow.commit()

    async with work() as uow:
        first, second = await answers(uow, EnrolmentsRemoved)
    assert first == second
    assert len(first["removed"]) == 1


async def test_command_of_an_older_epoch_is_not_answered(work, crowd):
    year, school, students = crowd
    newer = command(students[0], school, year, epoch=1)
    older = command(students[0], school, year, departure=newer.departure, epoch=0)
    for asked in (newer, older):
        async with work() as uow:
            await remove_enrolments(uow, [asked])
            await uow.commit()

    async with work() as uow:
        assert [answer["epoch"] for answer in await answers(uow, EnrolmentsRemoved)] == [1]


async def test_completed_when_all_four_are_done_and_not_before(portal, school, work):
    asked = await portal.post("/departures", json={"students": ["101"], "reason": "graduated"})
    departure = asked.json()["items"][0]
    common = {"departure": departure["id"], "epoch": 0, "at": clock.now()}
    facts: list[StepResult] = [
        AccountArchived(user="101", version=2, session_version=2, **common),
        PrognosesRemoved(student="101", removed=[], **common),
        EnrolmentsRemoved(student="101", removed=[], **common),
        StudentDeleted(student="101", projects=[7], placements=12, **common),
    ]
    states = []
    for fact in facts:
        async with work() as uow:
            await record_results(uow, [fact, fact])
            await uow.commit()
        states.append((await portal.get(f"/departures/{departure['id']}")).json()["state"])

    assert states == ["running", "running", "running", "completed"]
    shown = (await portal.get(f"/departures/{departure['id']}")).json()
    assert shown["steps"]["desktop"]["removed"] == {"projects": [7], "placements": 12}


async def test_who_waits_in_the_data_check_is_sent_nothing_again_and_is_not_stuck(portal, school, work):
    asked = await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    departure = asked.json()["items"][0]["id"]
    common = {"departure": departure, "epoch": 0, "student": "101", "at": clock.now() - timedelta(hours=1)}

    async def sent_again() -> int:
        async with work() as uow:
            await resend_unanswered(uow, timedelta(seconds=-1))
            await uow.commit()
        async with work() as uow:
            return len(await answers(uow, DeleteStudent))

    assert await sent_again() == 2
    async with work() as uow:
        await record_awaited(uow, [StudentAwaited(projects=[7], **common)] * 2)
        await uow.commit()
    assert await sent_again() == 2
    step = (await portal.get(f"/departures/{departure}")).json()["steps"]["desktop"]
    assert (step["state"], step["reason"], step["stuck"]) == ("sent", "waits_in_data_check", False)
    async with work() as uow:
        await record_results(uow, [StudentDeleted(projects=[7], placements=2, **common)])
        await uow.commit()
    step = (await portal.get(f"/departures/{departure}")).json()["steps"]["desktop"]
    assert (step["state"], step["reason"], step["removed"]) == (
        "done",
        None,
        {"projects": [7], "placements": 2},
    )


async def test_result_of_another_epoch_changes_nothing(portal, school, work):
    asked = await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    departure = asked.json()["items"][0]
    fact = StudentDeleted(
        departure=departure["id"], epoch=1, student="101", projects=[], placements=0, at=clock.now()
    )
    async with work() as uow:
        await record_results(uow, [fact])
        await uow.commit()

    shown = (await portal.get(f"/departures/{departure['id']}")).json()
    assert shown["steps"]["desktop"]["state"] == "sent"
