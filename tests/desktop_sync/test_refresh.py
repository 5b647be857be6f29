"""Open and refresh: the copy becomes what portal and users say, once all of it is here."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from desktop_sync.features.authority import note_authorities
from desktop_sync.features.departure import delete_students, restore_students
from desktop_sync.features.ghost_clearing import clear_students
from desktop_sync.features.person_copy import note_people
from desktop_sync.features.refresh import end_refreshes
from desktop_sync.features.refresh_answers import fail_refreshes, note_named_people, note_parts
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.clock import now
from shared.contracts.changes import AuthorityChanged
from shared.contracts.commands import ClearStudent
from shared.contracts.copies import PeopleFailed, PeopleRepublished, SnapshotFailed, SnapshotSent
from shared.contracts.facts import PersonChanged
from shared.contracts.rights import Role
from tests.desktop_sync.answers import ask, people, snapshot, without
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import BRANCH, H4, H4A, PROJECT, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_departure import delete
from tests.desktop_sync.test_people import person
from tests.desktop_sync.test_undo import change, in_order, undo
from tests.support.counting import counted_statements
from tests.support.sse import events_of


@pytest.fixture
async def school(desk: Desk) -> Desk:
    await desk.bring(branch())
    return desk


async def people_arrive(uow: DesktopUnitOfWork, facts: Sequence[PersonChanged]) -> None:
    """As the subscription has it: first the people, then what waited for them."""
    await note_people(uow, facts)
    await end_refreshes(uow, facts)


async def hear(desk: Desk, *facts: SnapshotSent | PeopleRepublished | PersonChanged) -> None:
    """Each of them in a transaction of its own, in this order."""
    for fact in facts:
        if isinstance(fact, SnapshotSent):
            await desk.react(note_parts, fact)
        elif isinstance(fact, PeopleRepublished):
            await desk.react(note_named_people, fact)
        else:
            await desk.react(people_arrive, fact)


async def seen(desk: Desk, refresh: str) -> dict[str, Any]:
    shown: dict[str, Any] = await desk.get(f"/projects/{PROJECT}/refreshes/{refresh}")
    return shown


async def refreshed(desk: Desk, body: dict[str, Any], *, at: datetime | None = None) -> dict[str, Any]:
    """A refresh from beginning to end, of a portal that is as this body says."""
    identity = UUID((await ask(desk, PROJECT))["id"])
    await hear(desk, *snapshot(body, identity, at=at), people(identity, PROJECT, {}))
    shown = await seen(desk, str(identity))
    assert shown["state"] == "done", shown
    return shown


async def copied(desk: Desk) -> list[str]:
    return [row[0] for row in await desk.rows("SELECT student_code FROM copy_enrolment ORDER BY 1")]


async def test_portal_and_users_are_asked_and_one_under_way_is_joined(school: Desk) -> None:
    await school.react(note_people, person(code(0), 4), person("999", 2))
    first = await ask(school, PROJECT, "open", headers=school.as_(Role.TIMETABLER, code="tim"))
    assert (first["kind"], first["state"], first["requested_by"]) == ("open", "asked", "tim")
    assert first["parts"] == {"arrived": 0, "of": None}
    assert (await ask(school, PROJECT, "refresh"))["id"] == first["id"]
    snapshot_asked, people_asked = await school.said()
    assert snapshot_asked == {"refresh": first["id"], "project": PROJECT, "requested_by": "tim"}
    assert people_asked["known"] == [{"user": code(0), "version": 4}]
    [listed] = (await school.get("/projects"))["items"]
    assert listed["refresh"]["id"] == first["id"]
    audited = await school.rows("SELECT actor, action FROM audit WHERE object_type = 'project'")
    assert ("tim", "project.open") in audited


async def test_the_copy_changes_when_all_is_here_and_the_project_does_not(school: Desk) -> None:
    body = without(branch(students=8), code(1))
    body["departments"][0] |= {"code": "H4x", "home_class_authority": "portal"}
    body["students"][0] |= {"home_class": None, "memberships": [], "choices": ["netl"]}
    before = await school.rows("SELECT * FROM student ORDER BY code")
    revision = await school.rows("SELECT revision FROM project")
    identity = UUID((await ask(school, PROJECT))["id"])
    portal_at, users_at = now(), now() - timedelta(seconds=3)
    one, two = snapshot(body, identity, at=portal_at)
    await hear(school, two, people(identity, PROJECT, {code(7): 2}, at=users_at))
    assert (await seen(school, str(identity)))["parts"] == {"arrived": 1, "of": 2}
    await hear(school, one, person(code(7), 1))
    assert await copied(school) == [code(number) for number in range(6)]
    await hear(school, person(code(7), 3))
    shown = await seen(school, str(identity))
    assert (shown["state"], shown["error"]) == ("done", None)
    assert datetime.fromisoformat(shown["copy_taken_at"]) == users_at
    assert await copied(school) == [code(number) for number in (0, 2, 3, 4, 5, 6, 7)]
    assert await school.rows("SELECT home_class_id FROM copy_enrolment WHERE id = 1000000") == [(None,)]
    assert await school.rows("SELECT subject_code FROM copy_choice WHERE enrolment_id = 1000000") == [
        ("netl",)
    ]
    assert await school.count("copy_membership", "enrolment_id = 1000000") == 0
    assert await school.rows(
        f"SELECT code, home_class_authority, version FROM copy_department WHERE id = {H4}"
    ) == [("H4x", "portal", 1)]
    assert await school.rows(f"SELECT name, soft_max, hard_max FROM copy_group WHERE id = {H4A}") == [
        ("H4a", 28, 30)
    ]
    assert await school.count("copy_subject") == 4
    assert await school.count("snapshot_part") == 0
    assert await school.rows("SELECT * FROM student ORDER BY code") == before
    assert await school.rows("SELECT revision FROM project") == revision
    [listed] = (await school.get("/projects"))["items"]
    assert (listed["refresh"], listed["copy_taken_at"]) == (None, shown["copy_taken_at"])


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_and_twice_comes_to_the_same(school: Desk, seed: int) -> None:
    identity = UUID((await ask(school, PROJECT))["id"])
    body = without(branch(students=9), code(2))
    named = {code(number): 2 for number in (0, 7, 8)}
    facts: list[SnapshotSent | PeopleRepublished | PersonChanged] = [
        *snapshot(body, identity, parts=3),
        people(identity, PROJECT, named),
        *(person(student, version) for student in named for version in (1, 2)),
    ]
    facts += facts[:4]
    random.Random(seed).shuffle(facts)
    await hear(school, *facts)
    assert (await seen(school, str(identity)))["state"] == "done"
    assert await copied(school) == sorted(one["code"] for one in body["students"])


async def test_a_part_of_another_snapshot_of_the_same_refresh_is_not_mixed_in(school: Desk) -> None:
    identity = UUID((await ask(school, PROJECT))["id"])
    one, two = snapshot(branch(students=8), identity)
    _, other = snapshot(without(branch(), code(1)), identity, at=now() + timedelta(seconds=5))
    await hear(school, people(identity, PROJECT, {}), one, other)
    assert (await seen(school, str(identity)))["state"] == "asked"
    await hear(school, two)
    assert len(await copied(school)) == 8


async def test_an_older_snapshot_does_not_replace_a_newer_import(school: Desk) -> None:
    identity = UUID((await ask(school, PROJECT))["id"])
    taken_at = now().isoformat()
    await school.bring(branch() | {"taken_at": taken_at})
    older = snapshot(without(branch(), code(1)), identity, at=now() - timedelta(minutes=1))
    await hear(school, *older, people(identity, PROJECT, {}))
    shown = await seen(school, str(identity))
    assert shown["state"] == "done"
    assert datetime.fromisoformat(shown["copy_taken_at"]) == datetime.fromisoformat(taken_at)
    assert len(await copied(school)) == 6


async def test_who_departs_between_look_and_arrival_stays_out(school: Desk) -> None:
    parts_of = branch(students=6)
    await refreshed(school, parts_of)
    identity = UUID((await ask(school, PROJECT))["id"])
    parts = snapshot(parts_of, identity)
    await school.react(delete_students, delete(code(2)))
    await change(school, "UPDATE project SET departures = 'ask'")
    waiting = delete(code(3))
    await school.react(delete_students, waiting)
    await hear(school, *parts, people(identity, PROJECT, {}))
    assert await copied(school) == [code(number) for number in (0, 1, 4, 5)]
    assert await school.count("departure_work", f"awaits = '{{{PROJECT}}}'") == 1


async def test_who_was_enrolled_anew_after_he_left_comes_and_is_awaited_no_longer(school: Desk) -> None:
    await change(school, "UPDATE project SET departures = 'ask'")
    await school.react(delete_students, delete(code(3)))
    body = branch()
    body["students"][3]["enrolment"] = 77
    await refreshed(school, body, at=now() + timedelta(seconds=1))
    assert code(3) in await copied(school)
    assert await school.count("departure_work", "awaits = '{}'") == 1


async def test_who_is_brought_back_between_look_and_arrival_stays_in(school: Desk) -> None:
    command = delete(code(2))
    await school.react(delete_students, command)
    identity = UUID((await ask(school, PROJECT))["id"])
    parts = snapshot(without(branch(), code(2)), identity)
    await school.react(restore_students, undo(command))
    before = await in_order(school)
    await hear(school, *parts, people(identity, PROJECT, {}))
    assert code(2) in await copied(school)
    assert await in_order(school) == before


async def test_a_ghost_that_was_cleared_is_not_brought_back_by_an_older_look(school: Desk) -> None:
    identity = UUID((await ask(school, PROJECT))["id"])
    parts = snapshot(branch(), identity)
    command = ClearStudent.model_validate(
        {"student": code(1), "project": PROJECT, "as_of": now(), "requested_by": "office"}
    )
    await school.react(clear_students, command)
    await hear(school, *parts, people(identity, PROJECT, {}))
    assert code(1) not in await copied(school)
    await refreshed(school, branch())
    assert code(1) in await copied(school)


async def test_a_branch_that_is_new_in_the_project_is_copied_too(school: Desk) -> None:
    body = branch()
    body["departments"].append(
        {"id": 900, "code": "V1", "name": "V1", "home_class_authority": "portal", "branch": BRANCH + 1}
    )
    shown = await refreshed(school, body)
    rows = await school.rows("SELECT branch_id, copy_taken_at FROM branch_in_project ORDER BY 1")
    times = {taken_at.isoformat() for _, taken_at in rows}
    assert [row[0] for row in rows] == [BRANCH, BRANCH + 1]
    assert times == {datetime.fromisoformat(shown["copy_taken_at"]).isoformat()}


async def test_one_of_the_two_cannot_answer(school: Desk) -> None:
    for kind in (SnapshotFailed, PeopleFailed):
        identity = UUID((await ask(school, PROJECT))["id"])
        await hear(school, snapshot(branch(students=8), identity)[0])
        await school.react(fail_refreshes, kind(refresh=identity, error="KeyError", at=now()))
        shown = await seen(school, str(identity))
        assert (shown["state"], shown["error"]) == ("failed", "KeyError")
        assert shown["ended_at"] is not None
        await hear(school, *snapshot(branch(students=8), identity), people(identity, PROJECT, {}))
        assert len(await copied(school)) == 6
    assert await school.count("snapshot_part") == 0


async def test_after_a_minute_without_an_answer_a_new_one_begins(school: Desk) -> None:
    first = await ask(school, PROJECT)
    await change(school, "UPDATE refresh SET started_at = started_at - interval '59 seconds'")
    assert (await ask(school, PROJECT))["id"] == first["id"]
    await change(school, "UPDATE refresh SET started_at = started_at - interval '2 seconds'")
    second = await ask(school, PROJECT)
    assert second["id"] != first["id"]
    given_up = await seen(school, first["id"])
    assert (given_up["state"], given_up["error"]) == ("failed", "no_answer")
    late = snapshot(branch(students=8), UUID(first["id"]))
    await hear(school, *late, people(UUID(first["id"]), PROJECT, {}))
    assert len(await copied(school)) == 6


async def test_people_who_come_while_they_are_named_are_not_waited_for(school: Desk) -> None:
    """Two transactions at once, each of which misses what the other one writes."""
    identity = UUID((await ask(school, PROJECT))["id"])
    await hear(school, *snapshot(branch(), identity))
    async with school.work() as naming:
        await note_named_people(naming, [people(identity, PROJECT, {code(0): 2})])
        arriving = asyncio.create_task(school.react(people_arrive, person(code(0), 2)))
        waiting, _ = await asyncio.wait([arriving], timeout=0.3)
        assert not waiting
        await naming.commit()
    await arriving
    assert (await seen(school, str(identity)))["state"] == "done"


async def test_live_progress_ends_with_it(school: Desk) -> None:
    identity = UUID((await ask(school, PROJECT))["id"])
    path = f"/projects/{PROJECT}/refreshes/{identity}/events"
    await hear(school, *snapshot(branch(), identity), people(identity, PROJECT, {}))
    [event] = await events_of(school.client, path)
    assert (event["event"], event["data"]["state"]) == ("refresh", "done")
    unknown = await school.client.get(f"/projects/{PROJECT}/refreshes/{UUID(int=1)}/events")
    assert unknown.status_code == 404


async def test_who_may_refresh(school: Desk) -> None:
    post = school.client.post
    for headers, status in (
        (school.as_(Role.STUDENT_OFFICE), 202),
        (school.as_(Role.TIMETABLER, BRANCH + 5), 404),
        (school.as_(Role.STUDENT), 403),
    ):
        assert (await post(f"/projects/{PROJECT}/refresh", headers=headers)).status_code == status
    assert (await post("/projects/99/refresh")).status_code == 404


async def test_the_newest_word_on_who_leads_wins(school: Desk) -> None:
    def word(authority: str, version: int) -> AuthorityChanged:
        told = {"department": H4, "project": PROJECT, "branch": BRANCH, "home_class_authority": authority}
        return AuthorityChanged.model_validate(told | {"version": version, "at": now()})

    async def leads() -> str:
        query = f"SELECT home_class_authority FROM copy_department WHERE id = {H4}"
        return str((await school.rows(query))[0][0])

    await school.react(note_authorities, word("portal", 5), word("desktop", 4))
    assert await leads() == "portal"
    await refreshed(school, branch())  # The snapshot speaks of version 1.
    assert await leads() == "portal"
    await school.react(note_authorities, word("desktop", 6))
    assert await leads() == "desktop"


async def test_statements_do_not_grow_with_the_students(desk: Desk) -> None:
    counts = []
    for students in (3, 60):
        await desk.bring(branch(students=2))
        identity = UUID((await ask(desk, PROJECT))["id"])
        body = without(branch(students=students), code(0))
        with counted_statements(desk.engine) as statements:
            await hear(desk, *snapshot(body, identity), people(identity, PROJECT, {}))
        counts.append(len(without_the_road(statements)))
    assert len(await copied(desk)) == 59
    assert counts[0] == counts[1]
