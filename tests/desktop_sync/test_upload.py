"""An upload: differences seen, confirmed, answered row by row; what changed in the portal is chosen."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from desktop_sync.features.upload import note_brought, note_failed
from shared.clock import now
from shared.contracts.copies import (
    BringPlacements,
    BroughtRow,
    PlacementsBrought,
    PlacementsFailed,
    Seating,
    UploadRow,
)
from shared.contracts.rights import Role
from shared.contracts.values import UploadResult
from tests.desktop_sync.answers import ask, people, snapshot
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import BRANCH, ECON1, ECON2, H4, H4A, PROJECT, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_class_change import H4B, move, two_classes
from tests.desktop_sync.test_connector_diff import cells
from tests.desktop_sync.test_refresh import hear, refreshed, seen
from tests.desktop_sync.test_undo import change
from tests.support.counting import counted_statements
from tests.support.sse import events_of

UPLOAD = f"/projects/{PROJECT}/placements/upload"


@pytest.fixture
async def school(desk: Desk) -> Desk:
    """Student 1 went to H4b in the desktop."""
    await desk.bring(two_classes())
    await move(desk, H4B, [code(1)])
    return desk


async def upload(desk: Desk, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    ((revision,),) = await desk.rows(f"SELECT revision FROM project WHERE id = {PROJECT}")
    body = {"departments": [H4], "revision": revision} | more
    headers = headers or desk.as_(Role.TIMETABLER, code="tim")
    return await desk.client.post(UPLOAD, json=body, headers=headers)


async def begun(desk: Desk, **more: Any) -> str:
    answer = await upload(desk, **more)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def commands(desk: Desk, upload_id: str) -> list[BringPlacements]:
    bodies = await desk.rows(
        f"SELECT body FROM outbox WHERE type = '{BringPlacements.type}'"
        f" AND body->>'upload' = '{upload_id}' ORDER BY id"
    )
    return [BringPlacements.model_validate(row.body) for row in bodies]


async def asked(desk: Desk, upload_id: str) -> dict[str, UploadRow]:
    return {row.student: row for command in await commands(desk, upload_id) for row in command.rows}


async def answer(
    desk: Desk, upload_id: str, others: dict[str, tuple[UploadResult, Seating | None]] | None = None
) -> list[PlacementsBrought]:
    """The portal applies all, but of these students it says something else."""
    facts = []
    for command in await commands(desk, upload_id):
        rows = []
        for row in command.rows:
            result, there = (others or {}).get(row.student, (UploadResult.APPLIED, row.after))
            refused = "already_departed" if result is UploadResult.REFUSED else None
            rows.append(
                BroughtRow(
                    student=row.student, enrolment=row.enrolment, result=result, code=refused, now=there
                )
            )
        facts.append(PlacementsBrought(upload=command.upload, part=command.part, rows=rows, at=now()))
    await desk.react(note_brought, *facts)
    return facts


async def shown(desk: Desk, upload_id: str, query: str = "") -> Any:
    return await desk.get(f"/projects/{PROJECT}/uploads/{upload_id}?{query}")


async def test_each_student_goes_with_what_was_seen_and_what_is_wanted(school: Desk) -> None:
    rows = await asked(school, await begun(school))
    assert len(rows) == 6
    assert rows[code(1)].before == Seating(home_class=H4A, groups=[ECON2])
    assert rows[code(1)].after == Seating(home_class=H4B, groups=[ECON2])


async def test_groups_that_are_no_lesson_groups_stay(school: Desk) -> None:
    await change(
        school,
        f"INSERT INTO copy_group (id, department_id, code, is_home_class) VALUES (777, {H4}, 'koor', false)",
        "INSERT INTO copy_membership VALUES (1000001, 777)",
    )
    assert (await asked(school, await begun(school)))[code(1)].after.groups == [ECON2, 777]


async def test_where_the_portal_leads_the_home_class_stays_the_copys(school: Desk) -> None:
    await change(school, "UPDATE copy_department SET home_class_authority = 'portal'")
    assert (await asked(school, await begun(school)))[code(1)].after.home_class == H4A


async def test_what_the_portal_did_is_in_the_copy_then(school: Desk) -> None:
    job = await begun(school)
    assert (await shown(school, job))["counts"]["open"] == 6
    facts = await answer(school, job)
    await school.react(note_brought, *facts)
    done = await shown(school, job)
    assert (done["state"], done["counts"]["applied"], done["ended_at"] is None) == ("done", 6, False)
    assert await cells(school) == {}
    assert done["items"][1]["now"]["home_class"] == {"id": H4B, "code": "H4b"}
    events = await events_of(school.client, f"/projects/{PROJECT}/uploads/{job}/events")
    assert [(event["event"], event["data"]["state"]) for event in events] == [("upload", "done")]


async def test_a_departed_students_row_is_refused_and_the_copy_keeps_him(school: Desk) -> None:
    job = await begun(school)
    await answer(school, job, {code(1): (UploadResult.REFUSED, None)})
    (row,) = (await shown(school, job, "result=refused"))["items"]
    assert (row["student"], row["code"], row["now"]) == (code(1), "already_departed", None)
    assert set(await cells(school)) == {code(1)}


async def test_of_who_changed_a_person_takes_the_portal(school: Desk) -> None:
    there = Seating(home_class=H4A, groups=[ECON1])
    await answer(school, await begun(school), {code(1): (UploadResult.CHANGED, there)})
    assert set(await cells(school)) == {code(1)}, "nothing is taken over silently"
    job = await begun(school, choices=[{"student": code(1), "take": "portal"}])
    assert code(1) not in await asked(school, job)
    assert [cell[:3] for cell in (await cells(school))[code(1)]][2:] == [
        ("econ1", "cluster", "portal"), ("econ2", "cluster", "desktop")
    ]  # fmt: skip


async def test_of_who_changed_a_person_takes_the_desktop(school: Desk) -> None:
    there = Seating(home_class=H4A, groups=[ECON1])
    await answer(school, await begun(school), {code(1): (UploadResult.CHANGED, there)})
    unchosen = await begun(school)
    assert (await asked(school, unchosen))[code(1)].before.groups == [ECON2], "as the copy has it"
    await answer(school, unchosen, {code(1): (UploadResult.CHANGED, there)})
    job = await begun(school, choices=[{"student": code(1), "take": "desktop"}])
    assert (await asked(school, job))[code(1)].before == there
    await answer(school, job)
    assert await cells(school) == {}
    nothing = await upload(school, choices=[{"student": code(1), "take": "desktop"}])
    assert (nothing.status_code, nothing.json()["code"]) == (422, "nothing_to_choose")


async def test_an_old_look_and_a_second_upload_at_once_are_refused(school: Desk) -> None:
    old = await upload(school, revision=1)
    assert (old.status_code, old.json()["code"], old.json()["params"]) == (
        409, "revision_moved", {"revision": 2}
    )  # fmt: skip
    job = await begun(school)
    second = await upload(school)
    assert (second.status_code, second.json()["code"]) == (409, "upload_running")
    failed = PlacementsFailed(upload=UUID(job), part=0, error="broken", at=now())
    await school.react(note_failed, failed, failed)
    assert (await shown(school, job))["state"] == "failed"
    await begun(school)


async def test_a_silent_upload_does_not_hold_up_the_next(school: Desk) -> None:
    job = await begun(school)
    await change(school, "UPDATE upload SET heard_at = heard_at - interval '11 minutes'")
    await begun(school)
    assert (await shown(school, job))["error"] == "silent"
    await answer(school, job)
    assert (await shown(school, job))["counts"]["applied"] == 6, "a late answer counts all the same"


async def test_a_copy_that_is_newer_than_the_answer_stays(school: Desk) -> None:
    job = await begun(school)
    later = (now() + timedelta(minutes=1)).isoformat()
    await change(school, f"UPDATE branch_in_project SET copy_taken_at = '{later}'")
    await answer(school, job)
    assert set(await cells(school)) == {code(1)}


async def test_the_statements_do_not_grow_with_the_rows(desk: Desk) -> None:
    counts = []
    for students in (2, 40):
        await desk.bring(two_classes(students))
        await move(desk, H4B, [code(number) for number in range(students)])
        with counted_statements(desk.engine) as statements:
            job = await begun(desk)
        with counted_statements(desk.engine) as more:
            await answer(desk, job)
        counts.append((len(without_the_road(statements)), len(without_the_road(more))))
        assert await cells(desk) == {}
        await change(desk, "UPDATE student SET home_class_id = NULL")
    assert counts[0] == counts[1]


async def test_students_of_another_branch_are_neither_chosen_nor_counted(school: Desk) -> None:
    """One upload of both branches, by somebody who has both; then each looks on his own."""
    other = branch(at=BRANCH + 1, students=9)
    await school.bring(other | {"students": other["students"][6:]})
    elsewhere = other["departments"][0]["id"]
    job = await begun(school, departments=[H4, elsewhere])
    there = Seating(home_class=other["home_classes"][0]["id"], groups=[])
    await answer(school, job, {code(7): (UploadResult.CHANGED, there)})
    everything = (await shown(school, job))["counts"]
    assert (everything["applied"], everything["changed"]) == (8, 1)
    mine = school.as_(Role.TIMETABLER, BRANCH)
    seen = await school.get(f"/projects/{PROJECT}/uploads/{job}", headers=mine)
    assert (seen["counts"]["applied"], seen["counts"]["changed"]) == (6, 0)
    for take in ("portal", "desktop"):
        refused = await upload(school, headers=mine, choices=[{"student": code(7), "take": take}])
        assert (refused.status_code, refused.json()["code"]) == (422, "nothing_to_choose"), take
    theirs = await begun(school, departments=[elsewhere])
    for path in ("", "/events"):
        hidden = await school.client.get(f"/projects/{PROJECT}/uploads/{theirs}{path}", headers=mine)
        assert hidden.status_code == 404, path


async def test_a_refresh_that_looked_before_the_portal_applied_it_does_not_undo_it(school: Desk) -> None:
    job = await begun(school)
    identity = UUID((await ask(school, PROJECT))["id"])
    looked = snapshot(two_classes(), identity)
    await answer(school, job)
    await hear(school, *looked, people(identity, PROJECT, {}))
    assert (await seen(school, str(identity)))["state"] == "done"
    assert await cells(school) == {}
    await refreshed(school, two_classes())
    assert set(await cells(school)) == {code(1)}, "a later look counts more"


async def test_what_a_refresh_brought_is_looked_at_before_it_is_uploaded(school: Desk) -> None:
    old = (await school.get(f"/projects/{PROJECT}/placements/diff"))["copy_taken_at"]
    await refreshed(school, two_classes())
    unseen = await upload(school, copy_taken_at=old)
    new = (await school.get(f"/projects/{PROJECT}/placements/diff"))["copy_taken_at"]
    assert (unseen.status_code, unseen.json()["code"]) == (409, "copy_moved")
    assert datetime.fromisoformat(unseen.json()["params"]["copy_taken_at"]) == datetime.fromisoformat(new)
    await begun(school, copy_taken_at=new)
