"""The desktop's step of an undo: put back as far as it fits, said what did not, answered again."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from desktop_sync.features.departure import delete_students, restore_students
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.commands import DeleteStudent, RestoreStudent
from shared.messaging.unit_of_work import Origin
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import BRANCH, ECON1, H4, H4A, PROJECT, SCHOOL, THIS_YEAR, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_departure import NEXT_YEAR, again, delete, projects_with
from tests.support.counting import counted_statements

LATER = "2100-01-01T00:00:00+00:00"
THEIRS = ("student", "placement", "copy_enrolment", "copy_membership", "copy_choice")
RESTORED = "SELECT body FROM outbox WHERE type = 'desktop.student.restored.v1' ORDER BY id"


def undo(command: DeleteStudent, **more: Any) -> RestoreStudent:
    told = command.model_dump(include=set(RestoreStudent.model_fields)) | {"epoch": command.epoch + 1}
    return RestoreStudent(**(told | more))


async def restored(desk: Desk) -> list[dict[str, Any]]:
    return [row.body for row in await desk.rows(RESTORED)]


async def left_over(desk: Desk) -> list[tuple[str, str]]:
    """Of the only undo."""
    (fact,) = await restored(desk)
    return [(piece["what"], piece["why"]) for piece in fact["left_over"]]


async def all_rows(desk: Desk) -> dict[str, list[Any]]:
    return {
        table: [row.shown for row in await desk.rows(f"SELECT to_jsonb(t)::text AS shown FROM {table} t")]
        for table in THEIRS
    }


async def in_order(desk: Desk) -> dict[str, list[Any]]:
    return {table: sorted(rows) for table, rows in (await all_rows(desk)).items()}


async def change(desk: Desk, *statements: str) -> None:
    """What a timetabler did meanwhile."""
    async with desk.engine.begin() as database:
        for statement in statements:
            await database.execute(text(statement))


async def group_of(desk: Desk, group: str) -> int:
    ((found,),) = await desk.rows(
        f"SELECT id FROM lesson_group WHERE project_id = {PROJECT} AND code = '{group}'"
    )
    return int(found)


async def placed(desk: Desk, student: str) -> dict[str, str | None]:
    """His subjects in this year's project with the lesson group of each."""
    return dict(
        await desk.rows(
            "SELECT p.subject_code, g.code FROM placement p"
            " LEFT JOIN lesson_group g ON g.id = lesson_group_id"
            f" WHERE p.project_id = {PROJECT} AND student_code = '{student}'"
        )
    )


@pytest.fixture
async def school(desk: Desk) -> Desk:
    """This year's and next year's project; six students in each."""
    await desk.bring(branch())
    await desk.bring(branch(project=NEXT_YEAR, year=THIS_YEAR + 1))
    return desk


async def test_all_that_went_is_back_as_it_was(school: Desk) -> None:
    before, command = await in_order(school), delete(code(2))
    await school.react(delete_students, command, *(delete(code(number)) for number in (3, 4)))
    assert await in_order(school) != before
    leavers = await school.rows("SELECT departure, student_code FROM departure_work")
    await school.react(
        restore_students, *(undo(again(command, departure=row[0], student=row[1])) for row in leavers)
    )
    assert await in_order(school) == before
    (fact,) = [fact for fact in await restored(school) if fact["student"] == code(2)]
    assert fact | {"at": None} == {
        "departure": str(command.departure), "epoch": 2, "student": code(2), "at": None,
        "projects": [PROJECT, NEXT_YEAR], "placements": 4, "left_over": [],
    }  # fmt: skip
    assert await school.rows("SELECT DISTINCT memory FROM departure_work") == [({},)]
    revisions = await school.rows("SELECT id, revision FROM project ORDER BY id")
    assert revisions == [(PROJECT, 3), (NEXT_YEAR, 3)]
    audited = await school.rows(
        "SELECT actor, on_behalf_of, object_id FROM audit WHERE action = 'student.restore' ORDER BY object_id"
    )
    assert audited == [("desktop", "abc", code(number)) for number in (2, 3, 4)]


async def test_a_repeated_undo_gets_the_same_answer_in_a_new_message(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    await school.react(restore_students, undo(command), undo(command))
    await school.react(restore_students, undo(command))
    first, second, third = await restored(school)
    assert first == second == third
    assert first["placements"] == 4
    assert await school.count("audit", "action = 'student.restore'") == 1
    assert await school.rows(f"SELECT revision FROM project WHERE id = {PROJECT}") == [(3,)]


async def test_a_repeated_undo_does_not_undo_what_came_after_it(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    await school.react(restore_students, undo(command))
    await school.react(delete_students, delete(code(2)))
    await school.react(restore_students, undo(command))
    assert await projects_with(school, code(2)) == []


async def test_an_older_epoch_is_ignored(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, again(command, epoch=3))
    await school.react(restore_students, undo(command, epoch=2))
    assert await restored(school) == []
    assert await projects_with(school, code(2)) == []


async def test_a_deletion_that_comes_after_its_undo_is_past(school: Desk) -> None:
    before, command = await in_order(school), delete(code(2))
    await school.react(restore_students, undo(command))
    await school.react(delete_students, command)
    assert await in_order(school) == before
    (fact,) = await school.said()
    assert (fact["epoch"], fact["projects"], fact["placements"], fact["left_over"]) == (2, [], 0, [])
    assert await school.count("audit", "action LIKE 'student.%'") == 0
    # It keeps nobody out of an import either.
    assert (await school.bring(branch()))["departed"] == []


async def test_a_deletion_that_comes_again_after_its_undo_is_past(school: Desk) -> None:
    before, command = await in_order(school), delete(code(2))
    await school.react(delete_students, command)
    await school.react(restore_students, undo(command))
    await school.react(delete_students, command)
    assert await in_order(school) == before
    assert len(await school.said()) == 2


async def test_of_one_epoch_the_undo_is_the_later(school: Desk) -> None:
    before, command = await in_order(school), delete(code(2))
    await school.react(delete_students, command)
    await school.react(restore_students, undo(command, epoch=command.epoch))
    await school.react(delete_students, command)
    assert await in_order(school) == before
    assert len(await school.said()) == 2


async def test_a_deletion_after_its_undo_is_carried_out_all_the_same(school: Desk) -> None:
    before, command = await in_order(school), delete(code(2))
    await school.react(restore_students, undo(command))
    await school.react(delete_students, again(command, epoch=3))
    assert await projects_with(school, code(2)) == []
    await school.react(restore_students, undo(command, epoch=4))
    assert await in_order(school) == before


async def test_an_import_of_before_the_departure_may_have_him_again(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    await school.react(restore_students, undo(command))
    assert (await school.bring(branch()))["departed"] == []


async def test_without_a_seat_he_has_the_subject_and_is_not_placed(school: Desk) -> None:
    command, econ1 = delete(code(2)), await group_of(school, "econ1")
    await school.react(delete_students, command)
    await change(school, f"UPDATE lesson_group SET hard_max = 1 WHERE id = {econ1}")
    await school.react(restore_students, undo(command))
    assert await left_over(school) == [(f"lesson_group:{econ1}", "full")]
    assert await placed(school, code(2)) == {"netl": "netl.H4a", "econ": None}
    # The portal's group is in the copy: what the portal has is not the timetable's to say.
    assert await school.count("copy_membership", f"enrolment_id = 1000002 AND group_id = {ECON1}") == 1


async def test_a_last_seat_is_a_seat(school: Desk) -> None:
    command, econ1 = delete(code(2)), await group_of(school, "econ1")
    await school.react(delete_students, command)
    await change(school, f"UPDATE lesson_group SET hard_max = 2 WHERE id = {econ1}")
    await school.react(restore_students, undo(command))
    assert await left_over(school) == []


async def test_a_lesson_group_that_is_gone(school: Desk) -> None:
    command, econ1 = delete(code(2)), await group_of(school, "econ1")
    await school.react(delete_students, command)
    await change(
        school,
        f"UPDATE placement SET lesson_group_id = NULL WHERE lesson_group_id = {econ1}",
        f"DELETE FROM lesson WHERE lesson_group_id = {econ1}",
        f"DELETE FROM lesson_group_department WHERE lesson_group_id = {econ1}",
        f"DELETE FROM lesson_group WHERE id = {econ1}",
    )
    await school.react(restore_students, undo(command))
    assert await left_over(school) == [(f"lesson_group:{econ1}", "gone")]
    assert await placed(school, code(2)) == {"netl": "netl.H4a", "econ": None}


async def test_a_subject_that_is_gone(school: Desk) -> None:
    """One that files call as they like: it must fit in a message."""
    await change(
        school,
        f"INSERT INTO subject VALUES ({PROJECT}, 'économie 2', 'Economie')",
        f"INSERT INTO placement VALUES ({PROJECT}, '{code(2)}', 'économie 2', NULL)",
    )
    command = delete(code(2))
    await school.react(delete_students, command)
    await change(school, "DELETE FROM subject WHERE code = 'économie 2'")
    await school.react(restore_students, undo(command))
    assert await left_over(school) == [("subject:%C3%A9conomie%202", "gone")]
    assert await placed(school, code(2)) == {"netl": "netl.H4a", "econ": "econ1"}


async def test_who_lost_his_home_class_is_not_in_its_lessons(school: Desk) -> None:
    command, netl = delete(code(2)), await group_of(school, "netl.H4a")
    await school.react(delete_students, command)
    await change(school, f"UPDATE home_class SET hard_max = 5 WHERE id = {H4A}")
    await school.react(restore_students, undo(command))
    assert await left_over(school) == [(f"home_class:{H4A}", "full"), (f"lesson_group:{netl}", "full")]
    assert await placed(school, code(2)) == {"netl": None, "econ": "econ1"}
    assert await school.count("student", f"code = '{code(2)}' AND home_class_id IS NULL") == 1


async def test_a_home_class_that_is_gone(school: Desk) -> None:
    command, netl = delete(code(2)), await group_of(school, "netl.H4a")
    await school.react(delete_students, command)
    await change(
        school,
        f"UPDATE lesson_group SET home_class_id = NULL WHERE id = {netl}",
        f"UPDATE student SET home_class_id = NULL WHERE home_class_id = {H4A}",
        f"DELETE FROM home_class WHERE id = {H4A}",
    )
    await school.react(restore_students, undo(command))
    assert await left_over(school) == [(f"home_class:{H4A}", "gone")]
    assert await placed(school, code(2)) == {"netl": "netl.H4a", "econ": "econ1"}


async def test_a_department_or_project_that_is_gone(school: Desk) -> None:
    command, elsewhere = delete(code(2)), NEXT_YEAR + 500
    await school.react(delete_students, command)
    await change(
        school,
        f"UPDATE copy_department SET project_id = {NEXT_YEAR} WHERE id = {H4}",
        "UPDATE departure_work SET memory = jsonb_set(memory, '{students,1,project}', "
        f"to_jsonb({elsewhere}))",
    )
    await school.react(restore_students, undo(command))
    assert sorted(await left_over(school)) == [(f"department:{H4}", "gone"), (f"project:{elsewhere}", "gone")]
    assert await projects_with(school, code(2)) == []
    assert await projects_with(school, code(2), "copy_enrolment", "student_code") == [NEXT_YEAR]


async def test_who_was_imported_meanwhile_stays_as_he_is(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    body = branch() | {"taken_at": LATER}
    body["students"][2] |= {"enrolment": 5_000_000, "groups": {"econ": "econ2"}}
    await school.bring(body)
    before = await in_order(school)
    await school.react(restore_students, undo(command))
    assert await left_over(school) == [(f"project:{PROJECT}", "there_already")]
    (fact,) = await restored(school)
    assert (fact["projects"], fact["placements"]) == ([NEXT_YEAR], 2)
    after = await in_order(school)
    this_year = {table: [row for row in rows if row not in before[table]] for table, rows in after.items()}
    assert all(before[table] == [row for row in after[table] if row in before[table]] for table in THEIRS)
    assert f'"project_id": {PROJECT},' not in str(this_year)
    assert await school.rows("SELECT revision FROM project ORDER BY id") == [(3,), (3,)]


async def test_who_was_taken_over_alone_gets_no_second_enrolment_in_the_copy(school: Desk) -> None:
    """The copy has him anew, the project not yet."""
    command = delete(code(2), keep_later=True)
    await school.react(delete_students, command)
    await change(
        school,
        f"INSERT INTO copy_enrolment VALUES (77, {PROJECT}, '{code(2)}', {SCHOOL}, {BRANCH}, {H4}, NULL)",
    )
    await school.react(restore_students, undo(command))
    assert await left_over(school) == []
    assert await projects_with(school, code(2)) == [PROJECT, NEXT_YEAR]
    assert await school.rows(
        f"SELECT id FROM copy_enrolment WHERE project_id = {PROJECT} AND student_code = '{code(2)}'"
    ) == [(77,)]


async def test_an_enrolment_that_is_anothers_in_the_copy_now_stays_his(school: Desk) -> None:
    command = delete(code(2), keep_later=True)
    await school.react(delete_students, command)
    await change(
        school,
        f"INSERT INTO copy_enrolment VALUES (1000002, {PROJECT}, '999', {SCHOOL}, {BRANCH}, {H4}, NULL)",
    )
    await school.react(restore_students, undo(command))
    assert await school.rows("SELECT student_code FROM copy_enrolment WHERE id = 1000002") == [("999",)]
    assert await school.count("copy_membership", "enrolment_id = 1000002") == 0


async def test_the_copy_takes_what_it_can_hold(school: Desk) -> None:
    command = delete(code(2), keep_later=True)
    await school.react(delete_students, command)
    await change(
        school,
        f"DELETE FROM copy_membership WHERE group_id = {ECON1}",
        f"DELETE FROM copy_group WHERE id = {ECON1}",
    )
    await school.react(restore_students, undo(command))
    assert await left_over(school) == []
    assert await school.rows("SELECT home_class_id FROM copy_enrolment WHERE id = 1000002") == [(H4A,)]
    assert await school.count("copy_membership", "enrolment_id = 1000002") == 0
    assert await school.count("copy_choice", "enrolment_id = 1000002") == 1


async def leave_one_seat(desk: Desk, *students: str) -> tuple[int, list[DeleteStudent]]:
    commands = [delete(student, keep_later=True) for student in students]
    await desk.react(delete_students, *commands)
    econ1 = await group_of(desk, "econ1")
    await change(desk, f"UPDATE lesson_group SET hard_max = 1 WHERE id = {econ1}")
    return econ1, commands


async def test_one_seat_for_two_students_of_one_batch(school: Desk) -> None:
    econ1, commands = await leave_one_seat(school, code(2), code(4))
    await school.react(restore_students, *map(undo, commands))
    first, second = await restored(school)
    assert first["left_over"] == []
    assert second["left_over"] == [{"what": f"lesson_group:{econ1}", "why": "full"}]
    assert await school.count("placement", f"lesson_group_id = {econ1}") == 1


async def test_one_seat_for_two_students_at_once(school: Desk) -> None:
    econ1, (first, second) = await leave_one_seat(school, code(2), code(4))
    async with DesktopUnitOfWork.open(school.engine, Origin("desktop", "test")) as uow:
        await restore_students(uow, [undo(first)])
        other = asyncio.create_task(school.react(restore_students, undo(second)))
        done, _ = await asyncio.wait([other], timeout=0.5)
        assert not done
        await uow.commit()
    await other
    assert [fact["left_over"] for fact in await restored(school)] == [
        [],
        [{"what": f"lesson_group:{econ1}", "why": "full"}],
    ]
    assert await school.count("placement", f"lesson_group_id = {econ1}") == 1


async def test_two_departures_of_one_student_are_undone_together(school: Desk) -> None:
    before, commands = await in_order(school), [delete(code(2), keep_later=True), delete(code(2))]
    await school.react(delete_students, *commands)
    await school.react(restore_students, *map(undo, commands))
    assert await in_order(school) == before
    assert [fact["projects"] for fact in await restored(school)] == [[PROJECT], [NEXT_YEAR]]


async def test_a_student_remembered_twice_comes_back_as_he_was_last(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    body = branch() | {"taken_at": LATER}
    body["students"][2] |= {"enrolment": 5_000_000, "groups": {"econ": "econ2"}}
    await school.bring(body)
    await school.react(delete_students, again(command, epoch=2))
    await school.react(restore_students, undo(command, epoch=3))
    assert await left_over(school) == []
    assert await placed(school, code(2)) == {"netl": None, "econ": "econ2"}


async def test_fifty_undone_take_as_many_statements_as_one(desk: Desk) -> None:
    await desk.bring(branch(students=60))
    await desk.bring(branch(project=NEXT_YEAR, year=THIS_YEAR + 1, students=60))
    await change(desk, "UPDATE lesson_group SET hard_max = 100", "UPDATE home_class SET hard_max = 100")
    before, commands = await in_order(desk), [delete(code(number)) for number in range(50, -1, -1)]
    await desk.react(delete_students, *commands)
    with counted_statements(desk.engine) as one:
        await desk.react(restore_students, undo(commands[-1 - 1]))
    with counted_statements(desk.engine) as fifty:
        await desk.react(restore_students, *(undo(c) for c in commands if c.student != code(1)))
    assert await in_order(desk) == before
    assert len(without_the_road(fifty)) == len(without_the_road(one)) <= 20, fifty
