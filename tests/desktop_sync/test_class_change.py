"""Another home class in the project: what is bound follows, what came with it goes, clashes are said."""

from collections.abc import Sequence
from typing import Any

import pytest

from desktop_sync.features.class_change import ClassChange, bring_home_classes
from desktop_sync.features.project_change import tell_moves
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import GroupId, ProjectId, StudentCode
from shared.contracts.values import DeskAct
from shared.messaging.unit_of_work import Origin
from shared.runtime.access import Scope
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import B1, ECON1, H4, H4A, PROJECT, branch, group, home_class
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_undo import change, placed
from tests.support.counting import counted_statements

H4B = 203


def two_classes(students: int = 6) -> dict[str, Any]:
    """H4b has Dutch in the A week at the hour of econ1, music, and no biology; H4a has biology."""
    body = branch(students=students)
    body["subjects"] += [{"code": one, "name": one} for one in ("biol", "muz")]
    body["home_classes"].append(home_class(H4B, "H4b", H4))
    body["groups"] += [
        group("netl.H4b", "netl", [H4], home_class=H4B, lessons=[0]),
        group("muz.H4b", "muz", [H4], home_class=H4B, lessons=[]),
        group("biol.H4a", "biol", [H4], home_class=H4A, lessons=[]),
    ]
    for student in body["students"]:
        student["subjects"].append("biol")
        student["groups"]["biol"] = "biol.H4a"
    return body


@pytest.fixture
async def school(desk: Desk) -> Desk:
    await desk.bring(two_classes())
    return desk


async def move(
    desk: Desk, group: int | None, students: Sequence[str], act: DeskAct = DeskAct.DOWNLOAD
) -> dict[StudentCode, ClassChange]:
    async with DesktopUnitOfWork.open(desk.engine, Origin("tim", "test")) as uow:
        project = await uow.projects.lock(ProjectId(PROJECT), Scope(everything=True))
        wanted = {StudentCode(one): None if group is None else GroupId(group) for one in students}
        changes = await bring_home_classes(uow, project, wanted)
        if changes:
            project.has_changed()
        tell_moves(uow, project, [(one.before, one.after) for one in changes.values()], act)
        await uow.commit()
    return changes


async def test_bound_groups_follow_and_core_subjects_come_and_go(school: Desk) -> None:
    await move(school, H4B, [code(2)])
    assert await placed(school, code(2)) == {"netl": "netl.H4b", "muz": "muz.H4b", "econ": "econ1"}
    assert await school.count("student", f"home_class_id = {H4B}") == 1


async def test_a_chosen_subject_that_the_new_class_lacks_is_left_unplaced(school: Desk) -> None:
    await change(school, f"INSERT INTO copy_choice VALUES ({1_000_000 + 2}, 'biol')")
    await move(school, H4B, [code(2)])
    assert (await placed(school, code(2)))["biol"] is None


async def test_without_a_class_only_what_was_chosen_stays(school: Desk) -> None:
    await move(school, None, [code(2)])
    assert await placed(school, code(2)) == {"econ": "econ1"}


async def test_who_has_the_class_or_is_not_there_is_passed_over(school: Desk) -> None:
    assert not await move(school, H4A, [code(2), "999"])
    assert not await move(school, 999, [code(2)])


async def test_two_groups_at_once_are_said_and_week_a_is_in_every_week(school: Desk) -> None:
    await change(school, "UPDATE lesson SET slot_id = (SELECT id FROM slot WHERE week IS NULL AND day = 0)"
                 " WHERE lesson_group_id = (SELECT id FROM lesson_group WHERE code = 'econ1')")  # fmt: skip
    changes = await move(school, H4B, [code(2), code(1)])
    (clash,) = changes[StudentCode(code(2))].clashes
    assert (clash.groups, clash.subjects, clash.week) == (("econ1", "netl.H4b"), ("econ", "netl"), "A")
    assert not changes[StudentCode(code(1))].clashes


async def test_a_class_that_only_the_copy_has_is_made(school: Desk) -> None:
    await change(school, f"INSERT INTO copy_group (id, department_id, code, is_home_class)"
                 f" VALUES (299, {H4}, 'H4c', true)")  # fmt: skip
    await move(school, 299, [code(0)])
    ((made,),) = await school.rows("SELECT code FROM home_class WHERE id = 299")
    assert made == "H4c"
    assert not await move(school, ECON1, [code(1)]), "a cluster group is no home class"


async def test_it_is_told_by_codes(school: Desk) -> None:
    await change(school, "DELETE FROM outbox")
    await move(school, H4B, [code(0)])
    ((body,),) = await school.rows("SELECT body FROM outbox")
    assert body["home_class"] == H4B
    assert body["unplaced"] == ["econ"]
    assert body["change"]["by"] == "tim"
    told = {one["what"]: (one["before"], one["after"]) for one in body["change"]["differences"]}
    assert told == {
        "home_class": ("H4a", "H4b"),
        "group:netl": ("netl.H4a", "netl.H4b"),
        "subject:biol": ("biol", None),
        "group:biol": ("biol.H4a", None),
        "subject:muz": (None, "muz"),
        "group:muz": (None, "muz.H4b"),
    }


async def test_the_statements_do_not_grow_with_the_students(desk: Desk) -> None:
    await desk.bring(two_classes(40))
    counts = []
    for students in (["10001"], [code(number) for number in range(2, 40)]):
        with counted_statements(desk.engine) as statements:
            assert len(await move(desk, H4B, students)) == len(students)
        counts.append(len(without_the_road(statements)))
    assert counts[0] == counts[1]


async def test_what_was_chosen_in_a_second_enrolment_elsewhere_is_not_his_here(school: Desk) -> None:
    await change(
        school,
        "INSERT INTO copy_enrolment (id, project_id, student_code, school_id, branch_id, department_id)"
        f" SELECT 5, project_id, student_code, school_id, branch_id, {B1} FROM copy_enrolment"
        f" WHERE student_code = '{code(2)}'",
        "INSERT INTO copy_choice VALUES (5, 'biol')",
    )
    await move(school, H4B, [code(2)])
    assert "biol" not in await placed(school, code(2))
