"""A project that asks first: who departs waits in its data check until somebody presses <Afdeling>."""

import asyncio
from typing import Any

import httpx
import pytest

from desktop_sync.features.departure import delete_students, restore_students
from desktop_sync.features.take_over import take_over_departments
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import ProjectId
from shared.contracts.rights import Role
from shared.messaging.unit_of_work import Origin
from shared.runtime.access import Scope
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import BRANCH, PROJECT, THIS_YEAR, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_departure import NEXT_YEAR, delete, projects_with
from tests.desktop_sync.test_undo import LATER, change, in_order, undo
from tests.support.counting import counted_statements

AWAITED, DELETED, RESTORED = (f"desktop.student.{word}.v1" for word in ("awaited", "deleted", "restored"))


@pytest.fixture
async def school(desk: Desk) -> Desk:
    """This year's project asks, next year's does not; six students in each."""
    await desk.bring(branch())
    await desk.bring(branch(project=NEXT_YEAR, year=THIS_YEAR + 1))
    await set_departures(desk, PROJECT, "ask")
    return desk


def timetabler(desk: Desk) -> dict[str, str]:
    return desk.as_(Role.TIMETABLER, code="tim")


async def set_departures(desk: Desk, project: int, departures: str) -> httpx.Response:
    seen = (await desk.client.get(f"/projects/{project}")).headers["ETag"]
    answer = await desk.client.patch(
        f"/projects/{project}", json={"departures": departures}, headers={"If-Match": seen} | timetabler(desk)
    )
    assert answer.status_code == 200, answer.text
    return answer


async def take_over(
    desk: Desk, *students: str, project: int = PROJECT, key: str | None = None
) -> dict[str, Any]:
    body = {"kind": "department"} | ({"students": list(students)} if students else {})
    headers = {"Idempotency-Key": key} if key else {}
    answer = await desk.client.post(
        f"/projects/{project}/take-over", json=body, headers=headers | timetabler(desk)
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def answers(desk: Desk) -> list[tuple[str, str, list[int]]]:
    """What the departures were answered: kind, student, projects."""
    rows = await desk.rows("SELECT type, body FROM outbox WHERE body ? 'departure' ORDER BY id")
    return [(row.type, row.body["student"], row.body["projects"]) for row in rows]


async def data_check(desk: Desk) -> dict[str, Any]:
    told: dict[str, Any] = await desk.get(f"/projects/{PROJECT}/data-check")
    return told


async def leave_copy(desk: Desk, number: int) -> None:
    """As a refresh would do to who is no longer in the portal."""
    enrolment = 1_000_000 + number
    await change(
        desk,
        f"DELETE FROM copy_membership WHERE enrolment_id = {enrolment}",
        f"DELETE FROM copy_choice WHERE enrolment_id = {enrolment}",
        f"DELETE FROM copy_enrolment WHERE id = {enrolment}",
    )


async def test_who_departs_waits_where_the_project_asks_and_goes_elsewhere(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    await school.react(delete_students, command)
    assert await answers(school) == [(AWAITED, code(2), [PROJECT])] * 2
    assert await projects_with(school, code(2)) == [PROJECT]
    assert await school.count("placement", f"student_code = '{code(2)}'") == 2
    assert await projects_with(school, code(2), "copy_enrolment", "student_code") == []
    footprint = await school.get(f"/students/{code(2)}/footprint")
    assert [place["project"] for place in footprint["projects"]] == [PROJECT]


async def test_the_data_check_shows_who_left_and_who_waits(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    await leave_copy(school, 3)
    shown = await data_check(school)
    assert shown["counts"]["left"] == 2
    waiting, left = shown["items"]
    assert (waiting["kind"], waiting["code"], waiting["departure"]) == (
        "left",
        code(2),
        str(command.departure),
    )
    assert waiting["since"] is not None
    assert (left["code"], left["departure"], left["since"]) == (code(3), None, None)
    first = await school.get(f"/projects/{PROJECT}/data-check", params={"kind": "left", "limit": 1})
    rest = await school.get(f"/projects/{PROJECT}/data-check", params={"limit": 1, "cursor": first["next"]})
    assert [item["code"] for item in first["items"] + rest["items"]] == [code(2), code(3)]
    assert rest["next"] is None
    wrong = await school.client.get(f"/projects/{PROJECT}/data-check", params={"kind": "other"})
    assert wrong.status_code == 422


async def test_taking_over_lets_them_go_and_answers_their_departures(school: Desk) -> None:
    await school.react(delete_students, delete(code(2)), delete(code(3)))
    assert (await take_over(school))["left"] == [code(2), code(3)]
    told = (await answers(school))[2:]
    assert sorted(told) == [(DELETED, code(number), [PROJECT, NEXT_YEAR]) for number in (2, 3)]
    assert await projects_with(school, code(2)) == []
    assert (await data_check(school))["counts"]["left"] == 0
    audited = await school.rows("SELECT actor, object_id FROM audit WHERE action = 'student.take_over'")
    assert sorted(audited) == [("tim", code(2)), ("tim", code(3))]
    before = await school.rows("SELECT revision FROM project ORDER BY id")
    assert (await take_over(school))["left"] == []
    assert (await take_over(school, code(2), "999"))["left"] == []
    assert await school.rows("SELECT revision FROM project ORDER BY id") == before
    assert len(await answers(school)) == 4


async def test_some_of_them_and_the_same_key_once(school: Desk) -> None:
    await school.react(delete_students, delete(code(2)), delete(code(3)))
    first = await take_over(school, code(3), code(4), key="take-3-over")
    assert first["left"] == [code(3)]
    assert await take_over(school, code(3), code(4), key="take-3-over") == first
    assert [item["code"] for item in (await data_check(school))["items"]] == [code(2)]
    assert await projects_with(school, code(4)) == [PROJECT, NEXT_YEAR]


async def test_answered_when_the_last_project_that_asks_has_let_him_go(school: Desk) -> None:
    before = await in_order(school)
    await set_departures(school, NEXT_YEAR, "ask")
    command = delete(code(2))
    await school.react(delete_students, command)
    await take_over(school, project=NEXT_YEAR)
    await school.react(delete_students, command)
    await take_over(school)
    await school.react(delete_students, command)
    kinds = [(kind, projects) for kind, _, projects in await answers(school)]
    done = (DELETED, [PROJECT, NEXT_YEAR])
    assert kinds == [(AWAITED, [PROJECT, NEXT_YEAR]), (AWAITED, [PROJECT]), done, done]
    # Undone, all that went over time is back.
    await school.react(restore_students, undo(command))
    assert await in_order(school) == before


async def test_taking_over_in_two_projects_at_once_forgets_nothing(school: Desk) -> None:
    before = await in_order(school)
    await set_departures(school, NEXT_YEAR, "ask")
    command = delete(code(2))
    await school.react(delete_students, command)
    async with DesktopUnitOfWork.open(school.engine, Origin("tim", "test")) as uow:
        await take_over_departments(uow, ProjectId(PROJECT), Scope(everything=True), None)
        other = asyncio.create_task(take_over(school, project=NEXT_YEAR))
        done, _ = await asyncio.wait([other], timeout=0.5)
        assert not done
        await uow.commit()
    await other
    assert (await answers(school))[1:] == [(DELETED, code(2), [PROJECT, NEXT_YEAR])]
    await school.react(restore_students, undo(command))
    assert await in_order(school) == before


async def test_deleting_who_waits_by_hand_answers_his_departure(school: Desk) -> None:
    await school.react(delete_students, delete(code(2)))
    answer = await school.client.delete(f"/projects/{PROJECT}/students/{code(2)}", headers=timetabler(school))
    assert answer.status_code == 200, answer.text
    assert (await answers(school))[1:] == [(DELETED, code(2), [PROJECT, NEXT_YEAR])]


async def test_undone_while_he_waits_there_is_nothing_left_to_wait_for(school: Desk) -> None:
    before, command = await in_order(school), delete(code(2))
    await school.react(delete_students, command)
    await school.react(restore_students, undo(command))
    assert await in_order(school) == before
    assert (await answers(school))[1:] == [(RESTORED, code(2), [NEXT_YEAR])]
    assert (await data_check(school))["counts"]["left"] == 0
    assert (await take_over(school))["left"] == []
    await school.react(delete_students, command)  # overtaken
    # Should he leave otherwise, that is nobody's departure any more.
    await leave_copy(school, 2)
    assert (await take_over(school))["left"] == [code(2)]
    assert len(await answers(school)) == 2


async def test_a_newer_epoch_waits_anew(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    await school.react(restore_students, undo(command))
    await school.react(delete_students, command.model_copy(update={"epoch": 3}))
    assert (await answers(school))[2:] == [(AWAITED, code(2), [PROJECT])]


async def test_an_import_of_an_older_look_neither_brings_him_back_nor_loses_him(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    for taken_at in ("2026-09-01T08:00:00+00:00", LATER):
        assert (await school.bring(branch() | {"taken_at": taken_at}))["departed"] == [code(2)]
    assert await projects_with(school, code(2)) == [PROJECT]
    assert [item["code"] for item in (await data_check(school))["items"]] == [code(2)]
    assert (await take_over(school))["left"] == [code(2)]
    assert (await answers(school))[1:] == [(DELETED, code(2), [PROJECT, NEXT_YEAR])]


async def test_who_comes_anew_by_an_import_waits_no_longer(school: Desk) -> None:
    await school.react(delete_students, delete(code(2)))
    body = branch() | {"taken_at": LATER}
    body["students"][2]["enrolment"] = 5_000_000
    assert (await school.bring(body))["departed"] == []
    assert (await answers(school))[1:] == [(DELETED, code(2), [NEXT_YEAR])]
    assert (await take_over(school))["left"] == []
    assert await projects_with(school, code(2)) == [PROJECT]


async def test_who_is_not_in_the_project_is_not_awaited(school: Desk) -> None:
    await school.react(delete_students, delete("999"))
    assert await answers(school) == [(DELETED, "999", [])]


async def test_from_ask_to_automatic_those_who_wait_go(school: Desk) -> None:
    await school.react(delete_students, delete(code(2)))
    changed = await set_departures(school, PROJECT, "automatic")
    assert changed.json()["departures"] == "automatic"
    assert await projects_with(school, code(2)) == []
    assert (await answers(school))[1:] == [(DELETED, code(2), [PROJECT, NEXT_YEAR])]


async def test_the_setting_is_changed_by_who_saw_it_as_it_is(school: Desk) -> None:
    path, body = f"/projects/{PROJECT}", {"departures": "automatic"}
    patch, tim = school.client.patch, timetabler(school)
    assert (await patch(path, json=body, headers=tim)).status_code == 428
    stale = await patch(path, json=body, headers={"If-Match": '"1"'} | tim)
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")
    same = await set_departures(school, PROJECT, "ask")
    assert (same.headers["ETag"], same.json()["revision"]) == ('"2"', 2)
    seen = {"If-Match": '"2"'}
    office = school.as_(Role.STUDENT_OFFICE)
    assert (await patch(path, json=body, headers=seen | office)).status_code == 403
    elsewhere = school.as_(Role.TIMETABLER, BRANCH + 1)
    assert (await patch(path, json=body, headers=seen | elsewhere)).status_code == 404
    assert (await patch(path, json=body | {"name": "x"}, headers=seen | tim)).status_code == 422
    assert await school.count("audit", "action = 'project.change' AND fields = '{departures}'") == 1


async def test_a_setting_of_two_branches_takes_who_has_both(school: Desk) -> None:
    other = branch(at=BRANCH + 1, students=1)
    other["students"][0]["code"] = "77"
    await school.bring(other)
    one = school.as_(Role.TIMETABLER, BRANCH)
    path, seen = f"/projects/{PROJECT}", {"If-Match": "*"}
    refused = await school.client.patch(path, json={"departures": "automatic"}, headers=seen | one)
    assert refused.status_code == 403
    await school.react(delete_students, delete(code(2)), delete("77"))
    left = await school.client.post(f"{path}/take-over", json={"kind": "department"}, headers=one)
    assert left.json()["left"] == [code(2)]
    assert [kind for kind, student, _ in await answers(school) if student == "77"] == [AWAITED]


async def test_fifty_wait_and_go_in_as_many_statements_as_one(desk: Desk) -> None:
    await desk.bring(branch(students=60))
    headers = desk.as_(Role.TIMETABLER)
    seen = {"If-Match": "*"}
    await desk.client.patch(f"/projects/{PROJECT}", json={"departures": "ask"}, headers=seen | headers)
    counts = []
    for numbers in (range(1), range(1, 51)):
        with counted_statements(desk.engine) as statements:
            await desk.react(delete_students, *(delete(code(number)) for number in numbers))
            body = {"kind": "department"}
            answer = await desk.client.post(f"/projects/{PROJECT}/take-over", json=body, headers=headers)
        assert len(answer.json()["left"]) == len(numbers)
        counts.append(len(without_the_road(statements)))
    assert counts[0] == counts[1]
