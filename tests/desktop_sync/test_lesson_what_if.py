"""What if a lesson stood elsewhere, over HTTP: nothing changes by asking."""

from typing import Any

import httpx
import pytest

from shared.contracts.rights import Role
from tests.desktop_sync.desk import Desk
from tests.desktop_sync.imports import B1, B1A, BRANCH, PROJECT, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_undo import change, group_of

ELSEWHERE = 12


@pytest.fixture
async def school(desk: Desk) -> Desk:
    """10002 and 10004 of H4 are in econ1, and 10005 of B1, who has Dutch in the B week of the first hour."""
    body = branch()
    body["students"][5] |= {
        "department": B1, "home_class": B1A, "groups": {"netl": "netl.B1a", "econ": "econ1"},
        "choices": [], "memberships": [],
    }  # fmt: skip
    await desk.bring(body)
    return desk


async def lesson(desk: Desk, group: str, *, placed: bool) -> int:
    there = "IS NOT NULL" if placed else "IS NULL"
    of_group = f"lesson_group_id = {await group_of(desk, group)}"
    ((found,),) = await desk.rows(f"SELECT min(id) FROM lesson WHERE {of_group} AND slot_id {there}")
    return int(found)


async def slot(desk: Desk, day: int, week: str | None = None) -> int:
    week_is = "IS NULL" if week is None else f"= '{week}'"
    ((found,),) = await desk.rows(f"SELECT id FROM slot WHERE day = {day} AND week {week_is}")
    return int(found)


async def ask(desk: Desk, lesson: int, slot: int, at: int = BRANCH) -> httpx.Response:
    path = f"/projects/{PROJECT}/lessons/{lesson}/what-if"
    return await desk.client.post(path, json={"slot": slot}, headers=desk.as_(Role.TIMETABLER, at))


async def asked(desk: Desk, group: str, slot: int, *, placed: bool) -> dict[str, Any]:
    answer = await ask(desk, await lesson(desk, group, placed=placed), slot)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def meetings(told: dict[str, Any], which: str = "gains") -> dict[str, list[tuple[str, Any]]]:
    return {
        one["code"]: [(meeting["group"]["code"], meeting["hours"]) for meeting in one[which]]
        for one in told["students"]
    }


async def test_an_unscheduled_lesson_gets_its_first_slot_in_all_departments(school: Desk) -> None:
    told = await asked(school, "econ1", await slot(school, 4), placed=False)
    last = {"week": None, "day": 4, "period": 8}
    assert (told["now"], told["then"], told["size"], told["elsewhere"]) == (None, last, 3, 0)
    assert meetings(told) == {
        code(2): [("netl.H4a", [last])], code(4): [("netl.H4a", [last])], code(5): [],
    }  # fmt: skip
    assert (told["clashing"], told["without_way_out"], told["relieved"]) == (2, 2, 0)


async def test_one_week_of_two_clashes_in_that_week_only(school: Desk) -> None:
    told = await asked(school, "netl.B1a", await slot(school, 0, "A"), placed=True)
    hour = {"week": "A", "day": 0, "period": 1}
    assert told["then"] == hour
    assert meetings(told) == {code(5): [("econ1", [hour])]}
    assert meetings(told, "loses") == {code(5): [("econ1", [hour | {"week": "B"}])]}
    (one,) = told["students"]
    assert (one["clashes_now"], one["clashes"], told["relieved"]) == (1, 1, 1)


async def test_who_clashes_is_told_how_he_gets_out(school: Desk) -> None:
    await change(school, f"DELETE FROM lesson WHERE lesson_group_id = {await group_of(school, 'econ2')}")
    told = await asked(school, "econ1", await slot(school, 4), placed=False)
    assert (told["clashing"], told["without_way_out"]) == (2, 0)
    way_out = told["students"][0]["way_out"]
    assert [(one["subject"], one["to"]["code"]) for one in way_out["moves"]] == [("econ", "econ2")]
    assert (way_out["changes"], way_out["home_class"]["to"]["code"]) == (1, "H4a")


async def test_who_is_of_another_branch_is_counted_and_not_shown(school: Desk) -> None:
    await change(school, f"UPDATE student SET branch_id = {ELSEWHERE} WHERE code = '{code(5)}'")
    told = await asked(school, "econ1", await slot(school, 4), placed=False)
    assert (told["size"], told["elsewhere"]) == (3, 1)
    assert code(5) not in meetings(told)


async def test_nothing_changes_by_asking(school: Desk) -> None:
    state = (
        "SELECT (SELECT string_agg(l::text, ',' ORDER BY id) FROM lesson l), (SELECT revision FROM project)"
    )
    before = await school.rows(state)
    audited = await school.count("audit")
    await asked(school, "econ1", await slot(school, 4), placed=False)
    assert await school.rows(state) == before
    assert await school.count("audit") == audited


async def test_what_is_not_there_is_said(school: Desk) -> None:
    here, there = await lesson(school, "econ1", placed=True), await slot(school, 4)
    unknown = await ask(school, here, 999_999)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_slot")
    assert (await ask(school, 999_999, there)).status_code == 404
    assert (await ask(school, here, there, at=ELSEWHERE)).status_code == 404
    await change(school, f"UPDATE slot SET branch_id = {ELSEWHERE} WHERE id = {there}")
    assert (await ask(school, here, there)).status_code == 422
