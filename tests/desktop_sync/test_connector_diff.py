"""Placements of copy and project beside each other, student by student, group by group."""

import pytest

from shared.contracts.rights import Role
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import B1, B1A, BRANCH, ECON1, ECON2, H4, PROJECT, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_class_change import H4B, move, two_classes
from tests.desktop_sync.test_undo import change
from tests.support.counting import counted_statements

DIFF = f"/projects/{PROJECT}/placements/diff"


@pytest.fixture
async def school(desk: Desk) -> Desk:
    await desk.bring(two_classes())
    return desk


async def cells(desk: Desk, query: str = "") -> dict[str, list[tuple[str, str, str, bool]]]:
    diff = await desk.get(f"{DIFF}?{query}")
    return {
        row["code"]: [(c["group"]["code"], c["kind"], c["state"], c["uploadable"]) for c in row["cells"]]
        for row in diff["items"]
    }


async def test_after_an_import_all_is_equal(school: Desk) -> None:
    assert await cells(school) == {}
    assert (await cells(school, "all=true"))[code(1)] == [
        ("H4a", "home_class", "equal", True), ("econ2", "cluster", "equal", True)
    ]  # fmt: skip
    diff = await school.get(DIFF)
    assert diff["departments"] == [
        {"department": B1, "code": "B1", "led_by": "portal", "equal": 0, "desktop": 0, "portal": 0},
        {"department": H4, "code": "H4", "led_by": "desktop", "equal": 10, "desktop": 0, "portal": 0},
    ]
    assert diff["not_comparable"] == []


async def test_what_is_only_here_and_only_there_is_said(school: Desk) -> None:
    await move(school, H4B, [code(1)])
    await change(school, f"UPDATE copy_membership SET group_id = {ECON1} WHERE group_id = {ECON2}"
                 f" AND enrolment_id = 1000001")  # fmt: skip
    differing = [
        ("H4a", "home_class", "portal", True), ("H4b", "home_class", "desktop", True),
        ("econ1", "cluster", "portal", True), ("econ2", "cluster", "desktop", True),
    ]  # fmt: skip
    assert await cells(school) == {code(1): differing}
    assert await cells(school, "state=portal") == {code(1): differing}
    assert await cells(school, f"department={B1}") == {}
    assert await cells(school, f"q={code(2)}&all=true") != {}


async def test_where_the_portal_leads_the_home_class_is_grey(school: Desk) -> None:
    await change(school, "UPDATE copy_department SET home_class_authority = 'portal'")
    await move(school, H4B, [code(0)])
    assert (await cells(school))[code(0)] == [
        ("H4a", "home_class", "portal", False), ("H4b", "home_class", "desktop", False)
    ]  # fmt: skip


async def test_who_left_is_new_or_elsewhere_waits_for_the_data_check(school: Desk) -> None:
    await change(
        school,
        "DELETE FROM copy_membership WHERE enrolment_id IN (1000001, 1000002)",
        "DELETE FROM copy_choice WHERE enrolment_id IN (1000001, 1000002)",
        "DELETE FROM copy_enrolment WHERE id = 1000001",
        f"UPDATE copy_enrolment SET department_id = {B1}, home_class_id = {B1A} WHERE id = 1000002",
        f"DELETE FROM placement WHERE student_code = '{code(3)}'",
        f"DELETE FROM student WHERE code = '{code(3)}'",
    )
    told = (await school.get(DIFF))["not_comparable"]
    assert [(one["student"], one["why"]) for one in told] == [
        (code(1), "left"), (code(2), "department"), (code(3), "new")
    ]  # fmt: skip


async def test_a_page_has_a_next_and_another_branch_sees_nothing(school: Desk) -> None:
    first = await school.get(f"{DIFF}?all=true&limit=4")
    second = await school.get(f"{DIFF}?all=true&limit=4&cursor={first['next']}")
    assert [len(page["items"]) for page in (first, second)] == [4, 2]
    elsewhere = await school.client.get(DIFF, headers=school.as_(Role.TIMETABLER, 99))
    assert elsewhere.status_code == 404


async def test_the_statements_do_not_grow_with_the_students(desk: Desk) -> None:
    counts = []
    for students in (3, 40):
        await desk.bring(branch(students=students))
        with counted_statements(desk.engine) as statements:
            await desk.get(f"{DIFF}?all=true")
        counts.append(len(without_the_road(statements)))
    assert counts[0] == counts[1]


async def test_who_goes_to_another_branch_is_neither_left_nor_new_to_either(school: Desk) -> None:
    other = branch(at=BRANCH + 1, students=0)
    await school.bring(other)
    there = other["departments"][0]["id"]
    await change(
        school,
        f"UPDATE copy_enrolment SET branch_id = {BRANCH + 1}, department_id = {there}, home_class_id = NULL"
        f" WHERE student_code = '{code(1)}'",
    )
    for at, department in ((BRANCH, H4), (BRANCH + 1, there)):
        diff = await school.get(DIFF, headers=school.as_(Role.TIMETABLER, at))
        assert [(one["student"], one["department"], one["why"]) for one in diff["not_comparable"]] == [
            (code(1), department, "department")
        ]


async def test_who_is_enrolled_in_two_branches_is_compared_where_he_is(school: Desk) -> None:
    other = branch(at=BRANCH + 1, students=0)
    await school.bring(other)
    there = other["departments"][0]["id"]
    await change(
        school,
        "INSERT INTO copy_enrolment (id, project_id, student_code, school_id, branch_id, department_id)"
        f" SELECT 5, project_id, student_code, school_id, {BRANCH + 1}, {there} FROM copy_enrolment"
        f" WHERE student_code = '{code(1)}'",
    )
    for at in (BRANCH, BRANCH + 1):
        diff = await school.get(DIFF, headers=school.as_(Role.TIMETABLER, at))
        assert diff["not_comparable"] == []
