"""Taking over from the data check: departments, home classes and packages, each by itself."""

from typing import Any

import pytest
from sqlalchemy import select

from shared.contracts.facts import StudentListed
from shared.messaging.tables import outbox
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import B1, B1A, H4, H4A, PROJECT, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_data_check import NOTHING, changed, check
from tests.desktop_sync.test_refresh import refreshed
from tests.desktop_sync.test_undo import change
from tests.desktop_sync.test_waiting import timetabler
from tests.support.counting import counted_statements


@pytest.fixture
async def school(desk: Desk) -> Desk:
    await desk.bring(branch())
    return desk


async def take_over(desk: Desk, kind: str, *students: str) -> dict[str, Any]:
    body = {"kind": kind} | ({"students": list(students)} if students else {})
    answer = await desk.client.post(f"/projects/{PROJECT}/take-over", json=body, headers=timetabler(desk))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def stands(desk: Desk, student: str) -> tuple[Any, ...]:
    """Department, home class, and by subject the lesson group."""
    [place] = await desk.rows(f"SELECT department_id, home_class_id FROM student WHERE code = '{student}'")
    rows = await desk.rows(
        "SELECT p.subject_code, g.code FROM placement p LEFT JOIN lesson_group g ON g.id = lesson_group_id "
        f"WHERE student_code = '{student}' ORDER BY 1"
    )
    return (*place, dict(tuple(row) for row in rows))


async def listed(desk: Desk) -> list[StudentListed]:
    """What was told of changes by hand."""
    async with desk.engine.connect() as database:
        query = select(outbox.c.body).where(outbox.c.type == StudentListed.type).order_by(outbox.c.id)
        facts = [StudentListed.model_validate(body) for body in await database.scalars(query)]
    return [fact for fact in facts if fact.change and fact.change.act == "take_over"]


async def test_departments_take_leavers_newcomers_and_movers(school: Desk) -> None:
    await refreshed(school, changed())
    taken = await take_over(school, "department")
    assert (taken["left"], taken["new"], taken["moved"]) == ([code(1)], [code(7)], [code(2)])
    assert (taken["home_class"], taken["choice_package"], taken["clashes"]) == ([], [], [])
    assert taken["revision"] == 2
    assert await school.count("student", f"code = '{code(1)}'") == 0
    assert await stands(school, code(7)) == (H4, H4A, {"netl": "netl.H4a", "econ": None})
    assert await stands(school, code(2)) == (B1, B1A, {"netl": "netl.B1a", "econ": None})
    told = {str(fact.student): fact for fact in await listed(school)}
    assert set(told) == {code(2), code(7)}
    mover = told[code(2)]
    assert (mover.department, mover.home_class, mover.unplaced, mover.revision) == (B1, B1A, ["econ"], 2)
    assert mover.change is not None
    assert mover.change.by == "tim"
    assert ("department", "H4", "B1") in [(d.what, d.before, d.after) for d in mover.change.differences]
    audited = await school.rows("SELECT object_id FROM audit WHERE action = 'student.take_over' ORDER BY 1")
    assert [row[0] for row in audited] == [code(1), code(2), code(7)]
    assert (await check(school))["counts"] == NOTHING | {"home_class": 1, "choice_package": 1}


async def test_who_moves_to_where_the_desktop_leads_has_no_class_yet(school: Desk) -> None:
    body = branch()
    body["departments"][1]["home_class_authority"] = "desktop"
    body["students"][2] |= {"department": B1, "home_class": B1A, "memberships": []}
    await refreshed(school, body)
    await take_over(school, "department")
    assert await stands(school, code(2)) == (B1, None, {"econ": None})
    assert (await check(school))["counts"] == NOTHING


async def test_home_classes_and_packages(school: Desk) -> None:
    await refreshed(school, changed())
    assert (await take_over(school, "home_class"))["home_class"] == [code(3)]
    assert await stands(school, code(3)) == (H4, None, {"econ": None})
    assert (await take_over(school, "choice_package"))["choice_package"] == [code(4)]
    assert await stands(school, code(4)) == (H4, H4A, {"netl": "netl.H4a", "wisA": None})
    assert await school.rows("SELECT name FROM subject WHERE code = 'wisA'") == [("Wiskunde A",)]
    changes = {str(f.student): f.change.differences for f in await listed(school) if f.change}
    assert [(d.what, d.before, d.after) for d in changes[code(4)]] == [
        ("subject:econ", "econ", None),
        ("group:econ", "econ1", None),
        ("subject:wisA", None, "wisA"),
    ]


async def test_taking_over_what_was_done_changes_nothing(school: Desk) -> None:
    await refreshed(school, changed())
    for kind in ("department", "home_class", "choice_package"):
        await take_over(school, kind)
    assert (await check(school))["counts"] == NOTHING
    before = await school.rows("SELECT revision FROM project"), await school.count("outbox")
    for kind in ("department", "home_class", "choice_package"):
        again = await take_over(school, kind)
        assert not any(again[what] for what in ("left", "new", "moved", "home_class", "choice_package"))
    assert (await school.rows("SELECT revision FROM project"), await school.count("outbox")) == before


async def test_only_those_who_were_chosen(school: Desk) -> None:
    await refreshed(school, changed())
    taken = await take_over(school, "department", code(7), "999")
    assert (taken["left"], taken["new"], taken["moved"]) == ([], [code(7)], [])
    assert (await check(school))["counts"]["left"] == 1


async def test_a_class_the_project_does_not_have_is_made_with_the_seats_of_the_copy(school: Desk) -> None:
    body = branch(students=7)
    body["home_classes"].append({"id": 777, "code": "H4z", "department": H4, "soft_max": 20, "hard_max": 24})
    body["students"][6]["home_class"] = 777
    await refreshed(school, body)
    assert (await take_over(school, "department"))["new"] == [code(6)]
    assert await stands(school, code(6)) == (H4, 777, {"econ": None})
    assert await school.rows("SELECT code, soft_max, hard_max FROM home_class WHERE id = 777") == [
        ("H4z", 20, 24)
    ]


async def test_any_number_is_as_many_statements(desk: Desk) -> None:
    counts = []
    for first, last in ((0, 2), (2, 50)):
        await desk.bring(branch(students=first or 1))
        await refreshed(desk, branch(students=last))
        with counted_statements(desk.engine) as statements:
            taken = await take_over(desk, "department")
        assert taken["new"]
        counts.append(len(without_the_road(statements)))
    assert counts[0] == counts[1]


async def test_a_chosen_subject_that_comes_with_his_class_is_placed_there(school: Desk) -> None:
    body = branch()
    body["students"][4]["choices"] = ["econ", "netl"]
    await school.bring(body)
    await change(school, f"DELETE FROM placement WHERE student_code = '{code(4)}' AND subject_code = 'netl'")
    assert (await take_over(school, "choice_package"))["choice_package"] == [code(4)]
    assert (await stands(school, code(4)))[2]["netl"] == "netl.H4a"
