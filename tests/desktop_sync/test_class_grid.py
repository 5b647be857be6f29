"""The class grid over HTTP: who fits where, by name, and of one's own branches."""

from typing import Any

import pytest

from shared.contracts.rights import Role
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import BRANCH, H4, PROJECT
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_options import PORTAL_LEADS, REVISED, with_biology
from tests.desktop_sync.test_undo import change
from tests.support.counting import counted_statements


@pytest.fixture
async def school(desk: Desk) -> Desk:
    await desk.bring(with_biology())
    return desk


async def asked(desk: Desk, **query: Any) -> dict[str, Any]:
    told: dict[str, Any] = await desk.get(
        f"/projects/{PROJECT}/departments/{H4}/class-grid",
        params=query,
        headers=desk.as_(Role.TIMETABLER, BRANCH),
    )
    return told


def verdicts(told: dict[str, Any], number: int) -> list[tuple[str, str | None]]:
    (row,) = (one for one in told["students"] if one["code"] == code(number))
    return [(cell["verdict"], cell["reason"]) for cell in row["cells"]]


async def test_each_student_has_a_cell_for_each_class(school: Desk) -> None:
    told = await asked(school)
    assert [one["code"] for one in told["classes"]] == ["H4a", "H4b"]
    assert len(told["students"]) == 6
    assert verdicts(told, 1) == [("fits", None), ("fits", None)]
    (row,) = (one for one in told["students"] if one["code"] == code(1))
    assert [cell["own"] for cell in row["cells"]] == [True, False]


async def test_a_full_class_and_a_full_group_are_told_apart(school: Desk) -> None:
    await change(school, "UPDATE home_class SET hard_max = 0 WHERE code = 'H4b'")
    assert verdicts(await asked(school), 1)[1] == ("full", "class_full")
    await change(
        school,
        "UPDATE home_class SET hard_max = 30",
        "UPDATE lesson_group SET hard_max = 0 WHERE code = 'econ2'",
        REVISED,
    )
    assert verdicts(await asked(school, max_clashes=0), 2)[1] == ("full", "no_place")
    assert verdicts(await asked(school), 2)[1] == ("fits_with_clashes", None)


async def test_where_the_portal_leads_only_the_own_class_fits(school: Desk) -> None:
    await change(school, PORTAL_LEADS)
    assert verdicts(await asked(school), 1) == [("fits", None), ("no", "portal_leads")]


@pytest.mark.parametrize(("department", "at"), [(999, BRANCH), (H4, 99)])
async def test_unknown_or_of_another_branch_is_not_there(school: Desk, department: int, at: int) -> None:
    path = f"/projects/{PROJECT}/departments/{department}/class-grid"
    answer = await school.client.get(path, headers=school.as_(Role.TIMETABLER, at))
    assert answer.status_code == 404


async def test_the_statements_do_not_grow_with_the_students(desk: Desk) -> None:
    counts = []
    for students in (3, 40):
        await desk.bring(with_biology(students=students))
        with counted_statements(desk.engine) as statements:
            assert len((await asked(desk))["students"]) == students
        counts.append(len(without_the_road(statements)))
    assert counts[0] == counts[1]
