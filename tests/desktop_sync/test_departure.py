"""The desktop's step of a departure: deleted, remembered, answered, and answered again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest

from desktop_sync.features.departure import delete_students
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.commands import DeleteStudent
from shared.contracts.ids import DepartureId, SchoolId, StudentCode, UserCode
from shared.contracts.message import COMMANDS
from shared.ids import new_id
from shared.messaging.unit_of_work import Origin
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import BRANCH, ECON1, H4, H4A, PROJECT, SCHOOL, THIS_YEAR, branch
from tests.desktop_sync.imports import student_code as code
from tests.support.counting import counted_statements
from tests.support.eventually import eventually

DELETED = "type = 'desktop.student.deleted.v1'"
LAST_YEAR, NEXT_YEAR, ELSEWHERE = PROJECT - 1, PROJECT + 1, PROJECT + 2


def delete(student: str, **more: Any) -> DeleteStudent:
    told: dict[str, Any] = {
        "departure": DepartureId(new_id()),
        "epoch": 1,
        "student": StudentCode(student),
        "school": SchoolId(SCHOOL),
        "school_year": THIS_YEAR,
        "requested_by": UserCode("abc"),
    }
    return DeleteStudent(**(told | more))


def again(command: DeleteStudent, **more: Any) -> DeleteStudent:
    return command.model_copy(update=more)


@pytest.fixture
async def school(desk: Desk) -> Desk:
    """Last year's, this year's and next year's project, and one of another school; six students in each."""
    await desk.bring(branch(project=LAST_YEAR, year=THIS_YEAR - 1))
    await desk.bring(branch())
    await desk.bring(branch(project=NEXT_YEAR, year=THIS_YEAR + 1))
    await desk.bring(branch(project=ELSEWHERE, school=SCHOOL + 1, at=BRANCH + 1))
    return desk


async def projects_with(desk: Desk, student: str, table: str = "student", column: str = "code") -> list[int]:
    return [
        row.project_id
        for row in await desk.rows(f"SELECT project_id FROM {table} WHERE {column} = '{student}' ORDER BY 1")
    ]


async def test_a_leaver_goes_from_this_year_on_and_from_the_copy(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    kept = [LAST_YEAR, ELSEWHERE]
    assert await projects_with(school, code(2)) == kept
    assert sorted(set(await projects_with(school, code(2), "placement", "student_code"))) == kept
    assert await projects_with(school, code(2), "copy_enrolment", "student_code") == kept
    assert await projects_with(school, code(1)) == [LAST_YEAR, PROJECT, NEXT_YEAR, ELSEWHERE]
    (fact,) = await school.said()
    assert fact["projects"] == [PROJECT, NEXT_YEAR]
    assert fact["placements"] == 4
    assert (fact["departure"], fact["epoch"], fact["student"]) == (str(command.departure), 1, code(2))
    revisions = await school.rows("SELECT id, revision FROM project ORDER BY id")
    assert revisions == [(LAST_YEAR, 1), (PROJECT, 2), (NEXT_YEAR, 2), (ELSEWHERE, 1)]


async def test_his_seats_are_free(school: Desk) -> None:
    await school.react(delete_students, delete(code(2)))
    groups = (await school.get(f"/projects/{PROJECT}/groups"))["items"]
    assert {g["code"]: g["size"] for g in groups} == {"netl.H4a": 5, "netl.B1a": 0, "econ1": 1, "econ2": 2}


async def test_a_kept_prognosis_keeps_next_years_project(school: Desk) -> None:
    await school.react(delete_students, delete(code(2), keep_later=True))
    assert await projects_with(school, code(2)) == [LAST_YEAR, NEXT_YEAR, ELSEWHERE]


async def test_what_went_is_remembered_without_a_name(school: Desk) -> None:
    await school.react(delete_students, delete(code(2), keep_later=True))
    ((memory,),) = await school.rows("SELECT memory FROM departure_work")
    ids = dict(await school.rows(f"SELECT code, id FROM lesson_group WHERE project_id = {PROJECT}"))
    seat = {"project": PROJECT, "school": SCHOOL, "branch": BRANCH, "department": H4, "home_class": H4A}
    enrolment = {"id": 1_000_002, "groups": [ECON1], "choices": ["econ"]}
    memory["placements"].sort(key=lambda placement: placement["subject"])
    assert memory == {
        "students": [seat],
        "placements": [
            {"project": PROJECT, "subject": "econ", "group": ids["econ1"]},
            {"project": PROJECT, "subject": "netl", "group": ids["netl.H4a"]},
        ],
        "enrolments": [seat | enrolment],
    }


async def test_a_repeated_command_gets_the_same_answer_in_a_new_message(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    await school.react(delete_students, again(command), again(command))
    first, second, third = await school.said()
    assert first == second == third
    assert await school.count("outbox", "true GROUP BY message_id HAVING count(*) > 1") == 0
    assert await school.count("audit", "action = 'student.delete'") == 1
    assert await school.rows(f"SELECT revision FROM project WHERE id = {PROJECT}") == [(2,)]


async def test_an_older_epoch_is_ignored(school: Desk) -> None:
    command = delete(code(2), epoch=3)
    await school.react(delete_students, command)
    await school.react(delete_students, again(command, epoch=2))
    assert [fact["epoch"] for fact in await school.said()] == [3]


async def test_epochs_of_one_batch_are_done_by_the_newest(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, again(command, epoch=3), command)
    assert [(fact["epoch"], fact["placements"]) for fact in await school.said()] == [(3, 4)]


async def test_a_newer_epoch_is_done_and_remembered_together(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    body = branch()
    body["students"][2]["enrolment"] = 5_000_000
    body["taken_at"] = "2100-01-01T00:00:00+00:00"
    await school.bring(body)
    await school.react(delete_students, again(command, epoch=2))
    assert [(fact["epoch"], fact["placements"]) for fact in await school.said()] == [(1, 4), (2, 6)]


async def test_of_two_departures_in_one_batch_the_first_remembers(school: Desk) -> None:
    await school.react(delete_students, delete(code(2)), delete(code(2)))
    assert [fact["placements"] for fact in await school.said()] == [4, 0]


async def test_nothing_to_delete_is_an_answer_too(desk: Desk) -> None:
    await desk.react(delete_students, delete("999"))
    assert [(fact["projects"], fact["placements"]) for fact in await desk.said()] == [([], 0)]


async def test_the_audit_says_who_asked(school: Desk) -> None:
    await school.react(delete_students, delete(code(1)), delete(code(2)))
    rows = await school.rows(
        "SELECT actor, on_behalf_of, object_id FROM audit WHERE action = 'student.delete' ORDER BY object_id"
    )
    assert rows == [("desktop", "abc", code(1)), ("desktop", "abc", code(2))]


async def test_fifty_deletions_take_as_many_statements_as_one(desk: Desk) -> None:
    await desk.bring(branch(students=60))
    await desk.bring(branch(project=NEXT_YEAR, year=THIS_YEAR + 1, students=60))
    with counted_statements(desk.engine) as one:
        await desk.react(delete_students, delete(code(59)))
    with counted_statements(desk.engine) as fifty:
        await desk.react(delete_students, *(delete(code(number)) for number in range(50)))
    assert await desk.count("student") == 18
    assert len(without_the_road(fifty)) == len(without_the_road(one)) <= 13, fifty


async def test_two_hundred_leave_a_large_school(desk: Desk) -> None:
    """Within the statements' time limit; the database still believes that the project is small."""
    await desk.bring(branch(students=1))
    await desk.analyze()
    await desk.bring(branch(students=5_000))
    await desk.react(delete_students, *(delete(code(number)) for number in range(200)))
    assert await desk.count("student") == 4_800


async def test_two_schools_in_one_batch(school: Desk) -> None:
    await school.react(delete_students, delete(code(1)), delete(code(1), school=SCHOOL + 1))
    assert [fact["projects"] for fact in await school.said()] == [[PROJECT, NEXT_YEAR], [ELSEWHERE]]


async def test_the_import_of_an_older_look_does_not_bring_a_leaver_back(school: Desk) -> None:
    await school.react(delete_students, delete(code(2)))
    done = await school.bring(branch())
    assert done["departed"] == [code(2)]
    assert await projects_with(school, code(2)) == [LAST_YEAR, ELSEWHERE]
    # Nor one that looked later, but before the portal had removed that enrolment.
    done = await school.bring(branch() | {"taken_at": "2100-01-01T00:00:00+00:00"})
    assert done["departed"] == [code(2)]
    # A new enrolment is another matter.
    body = branch() | {"taken_at": "2100-01-01T00:00:00+00:00"}
    body["students"][2]["enrolment"] = 5_000_000
    assert (await school.bring(body))["departed"] == []
    assert await projects_with(school, code(2)) == [LAST_YEAR, PROJECT, ELSEWHERE]


async def test_a_first_import_waits_for_a_departure_under_way(desk: Desk) -> None:
    async with DesktopUnitOfWork.open(desk.engine, Origin("desktop", "test")) as uow:
        await delete_students(uow, [delete(code(2))])
        importing = asyncio.create_task(desk.bring(branch()))
        done, _ = await asyncio.wait([importing], timeout=0.5)
        assert not done
        await uow.commit()
    assert (await importing)["departed"] == [code(2)]
    assert await projects_with(desk, code(2)) == []


@pytest.fixture
async def portal_user(school: Desk) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    async with await aio_pika.connect(school.house.amqp_url("portal")) as connection:
        yield await connection.channel()


async def test_over_the_road(school: Desk, portal_user: aio_pika.abc.AbstractChannel) -> None:
    command = delete(code(2))
    exchange = await portal_user.get_exchange(COMMANDS)
    message = aio_pika.Message(
        command.model_dump_json().encode(), message_id=str(new_id()), correlation_id="c-1", type=command.type
    )
    for _ in range(2):  # the broker may deliver a message twice
        await exchange.publish(message, command.type)
    said = await eventually(school.said)
    assert said[0]["projects"] == [PROJECT, NEXT_YEAR]
    # A message sent after both has been answered: the second was dropped.
    await exchange.publish(
        aio_pika.Message(
            delete(code(1)).model_dump_json().encode(), message_id=str(new_id()), type=command.type
        ),
        command.type,
    )
    await eventually(lambda: school.count("outbox", f"{DELETED} AND body->>'student' = '{code(1)}'"))
    assert await school.count("outbox", f"{DELETED} AND body->>'student' = '{code(2)}'") == 1
    correlated = "SELECT DISTINCT correlation_id FROM outbox WHERE body->'present' IS DISTINCT FROM 'true'"
    assert await school.rows(f"{correlated} AND body->>'student' = '{code(2)}'") == [("c-1",)]
