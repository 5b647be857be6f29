"""Who is in a project is told to the portal, as of the project's revision; a ghost is cleared at its word."""

from datetime import UTC, datetime
from typing import Any

import pytest

from desktop_sync.features.departure import delete_students, restore_students
from desktop_sync.features.ghost_clearing import clear_students
from shared.clock import now
from shared.contracts.commands import ClearStudent
from shared.contracts.facts import StudentListed
from shared.contracts.ids import ProjectId, StudentCode, UserCode
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import BRANCH, H4, H4A, PROJECT, SCHOOL, THIS_YEAR, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_departure import LAST_YEAR, NEXT_YEAR, delete, projects_with
from tests.desktop_sync.test_undo import LATER, undo
from tests.desktop_sync.test_waiting import data_check, set_departures, take_over, timetabler
from tests.support.counting import counted_statements


def clear(student: str, project: int = PROJECT, **more: Any) -> ClearStudent:
    told = {"student": StudentCode(student), "project": ProjectId(project), "as_of": now()} | more
    return ClearStudent(requested_by=UserCode("abc"), **told)


@pytest.fixture
async def school(desk: Desk) -> Desk:
    """This year's and next year's project; three students in each."""
    await desk.bring(branch(students=3))
    await desk.bring(branch(project=NEXT_YEAR, year=THIS_YEAR + 1, students=3))
    return desk


async def newest(desk: Desk) -> dict[tuple[str, int], bool]:
    """As the portal would have it, were the messages read in any order."""
    told = sorted(await desk.told_listed(), key=lambda fact: fact[2])
    return {(student, project): present for student, project, _, present in told}


async def is_true(desk: Desk) -> None:
    there = {(row.code, row.project_id) for row in await desk.rows("SELECT code, project_id FROM student")}
    assert {place for place, present in (await newest(desk)).items() if present} == there


async def test_an_import_tells_who_is_new(school: Desk) -> None:
    assert await school.told_listed() == [
        (code(number), project, 1, True) for project in (PROJECT, NEXT_YEAR) for number in range(3)
    ]
    ((body,),) = await school.rows(f"SELECT body FROM outbox WHERE type = '{StudentListed.type}' LIMIT 1")
    assert datetime.fromisoformat(body.pop("at")) <= datetime.now(UTC)
    assert {what["what"]: what["after"] for what in body["change"].pop("differences")} == {
        "department": "H4", "home_class": "H4a", "subject:econ": "econ", "subject:netl": "netl",
        "group:netl": "netl.H4a",
    }  # fmt: skip
    assert body == {
        "student": code(0), "project": PROJECT, "school": SCHOOL, "school_year": THIS_YEAR,
        "branch": BRANCH, "revision": 1, "present": True, "department": H4, "home_class": H4A,
        "unplaced": ["econ"], "change": {"act": "import", "by": "manager", "reason": None},
    }  # fmt: skip
    await school.bring(branch(students=3))
    await school.bring(branch(students=5) | {"dry_run": True})
    assert len(await school.told_listed()) == 6
    await school.bring(branch(students=4))
    assert (await school.told_listed())[6:] == [(code(3), PROJECT, 2, True)]


async def test_who_goes_and_comes_back_is_told_each_time(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    await school.react(delete_students, command)
    await is_true(school)
    await school.react(restore_students, undo(command))
    await is_true(school)
    assert sorted(fact[1:] for fact in (await school.told_listed())[6:]) == [
        (PROJECT, 2, False),
        (PROJECT, 3, True),
        (NEXT_YEAR, 2, False),
        (NEXT_YEAR, 3, True),
    ]


async def test_who_waits_is_there_until_he_is_taken_over(school: Desk) -> None:
    await set_departures(school, PROJECT, "ask")
    await school.react(delete_students, delete(code(2)), delete(code(1)))
    await is_true(school)
    await take_over(school, code(2))
    await is_true(school)
    await school.client.delete(f"/projects/{PROJECT}/students/{code(1)}", headers=timetabler(school))
    await is_true(school)


async def test_a_ghost_is_cleared_though_the_copy_still_has_him(school: Desk) -> None:
    asked = clear(code(2))
    await school.react(clear_students, asked)
    await school.react(clear_students, asked, clear("999"), clear(code(1), project=999))
    assert await projects_with(school, code(2)) == [NEXT_YEAR]
    assert await projects_with(school, code(2), "copy_enrolment", "student_code") == [NEXT_YEAR]
    await is_true(school)
    assert await school.rows(
        "SELECT actor, on_behalf_of, object_id FROM audit WHERE action = 'student.clear'"
    ) == [("desktop", "abc", code(2))]


async def test_a_copy_that_looked_later_knows_better(school: Desk) -> None:
    await school.bring(branch(students=3) | {"taken_at": LATER})
    await school.react(clear_students, clear(code(2)))
    assert await projects_with(school, code(2)) == [PROJECT, NEXT_YEAR]
    # Of two words the later counts.
    await school.react(clear_students, clear(code(2)), clear(code(2), as_of=datetime(2101, 1, 1, tzinfo=UTC)))
    assert await projects_with(school, code(2)) == [NEXT_YEAR]


async def test_history_is_not_cleared(school: Desk) -> None:
    await school.bring(branch(project=LAST_YEAR, year=THIS_YEAR - 1))
    await school.react(clear_students, clear(code(2), project=LAST_YEAR))
    assert LAST_YEAR in await projects_with(school, code(2))


async def test_where_the_project_asks_a_ghost_stands_in_the_data_check(school: Desk) -> None:
    await set_departures(school, PROJECT, "ask")
    await school.react(clear_students, clear(code(2)))
    assert [item["code"] for item in (await data_check(school))["items"]] == [code(2)]
    await is_true(school)
    await take_over(school)
    await is_true(school)


async def test_fifty_ghosts_take_as_many_statements_as_one(desk: Desk) -> None:
    await desk.bring(branch(students=60))
    await desk.bring(branch(project=NEXT_YEAR, year=THIS_YEAR + 1, students=60))
    with counted_statements(desk.engine) as one:
        await desk.react(clear_students, clear(code(0)))
    with counted_statements(desk.engine) as fifty:
        both = (PROJECT, NEXT_YEAR)
        await desk.react(clear_students, *(clear(code(n), p) for n in range(1, 51) for p in both))
    assert len(without_the_road(fifty)) == len(without_the_road(one)), fifty
    await is_true(desk)
