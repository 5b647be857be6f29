"""The room in a department over HTTP: counted, who is to blame named, and of one's own branches."""

from typing import Any

import pytest

from shared.contracts.rights import Role
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import BRANCH, H4, PROJECT, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_undo import change, group_of
from tests.support.counting import counted_statements

FULL = "UPDATE lesson_group SET hard_max = 0 WHERE code = '{}'"


@pytest.fixture
async def school(desk: Desk) -> Desk:
    """Dutch is at once with econ1 in the A week, which is one clash, and with econ2 in each, which is two."""
    await desk.bring(branch())
    return desk


async def asked(desk: Desk, department: int = H4, **query: Any) -> dict[str, Any]:
    told: dict[str, Any] = await desk.get(
        f"/projects/{PROJECT}/departments/{department}/flexibility",
        params=query,
        headers=desk.as_(Role.TIMETABLER, BRANCH),
    )
    return told


async def test_who_has_room_is_counted_and_the_lessons_to_blame_are_named(school: Desk) -> None:
    told = await asked(school)
    rooms = {one["code"]: one["alternatives"] for one in told["students"]}
    # Two have two clashes and could have one; two have one and could have two; two are not placed.
    assert rooms == {code(n): int(n in {1, 5}) for n in range(6)}
    assert (told["size"], told["stuck"], told["few"], told["held_by_more"]) == (6, 4, 2, 0)
    assert [one["students"] for one in told["distribution"]] == [4, 2, 0, 0, 0]
    unplaced, stuck = [code(0), code(3)], [code(0), code(2), code(3), code(4)]
    assert [(one["group"]["code"], one["hour"]["week"], one["students"]) for one in told["lessons"]] == [
        ("econ2", None, stuck),
        ("netl.H4a", None, stuck),
        ("econ1", None, unplaced),
        ("netl.H4a", "A", unplaced),
    ]
    ((lesson,),) = await school.rows(
        f"SELECT id FROM lesson WHERE lesson_group_id = {await group_of(school, 'econ2')}"
    )
    blamed = told["lessons"][0]
    assert blamed["hour"] == {"week": None, "day": 4, "period": 8}
    assert (blamed["lessons"], blamed["subject"]) == ([lesson], "econ")
    assert {one["code"]: one["freed_by_lessons"] for one in told["students"]} == {
        code(0): 4, code(1): 0, code(2): 2, code(3): 4, code(4): 2, code(5): 0,
    }  # fmt: skip


async def test_a_full_group_is_to_blame(school: Desk) -> None:
    await change(school, "UPDATE lesson SET slot_id = NULL", FULL.format("econ2"))
    told = await asked(school)
    assert [(one["group"]["code"], one["students"]) for one in told["full_groups"]] == [
        ("econ2", [code(2), code(4)])
    ]
    assert (told["stuck"], told["lessons"], told["full_classes"]) == (2, [], [])


async def test_more_clashes_are_more_room(school: Desk) -> None:
    assert (await asked(school, max_clashes=2))["stuck"] == 0


async def test_after_a_change_it_is_computed_anew(school: Desk) -> None:
    before = await asked(school)
    body = {"groups": {"econ": "econ1"}, "reason": "asked"}
    path = f"/projects/{PROJECT}/students/{code(1)}/placements"
    answer = await school.client.put(path, json=body, headers=school.as_(Role.TIMETABLER))
    assert answer.status_code == 200, answer.text
    after = await asked(school)
    assert (before["stuck"], after["stuck"]) == (4, 5)
    assert after["revision"] == before["revision"] + 1


@pytest.mark.parametrize(("department", "at"), [(999, BRANCH), (H4, 99)])
async def test_unknown_or_of_another_branch_is_not_there(school: Desk, department: int, at: int) -> None:
    path = f"/projects/{PROJECT}/departments/{department}/flexibility"
    answer = await school.client.get(path, headers=school.as_(Role.TIMETABLER, at))
    assert answer.status_code == 404


async def test_the_statements_do_not_grow_with_the_students(desk: Desk) -> None:
    counts = []
    for students in (3, 40):
        await desk.bring(branch(students=students))
        with counted_statements(desk.engine) as statements:
            assert (await asked(desk))["size"] == students
        counts.append(len(without_the_road(statements)))
    assert counts[0] == counts[1]
