"""A departure taken back, through the real door."""

from typing import Any

import httpx

from tests.journeys.test_departure import footprint, refused_everywhere
from tests.support.eventually import eventually
from tests.support.requests import departure_until_accepted
from tests.support.rig import Rig


async def undo(manager: httpx.AsyncClient, batch: str) -> list[dict]:
    items = (await manager.get("/api/portal/departures", params={"batch": batch})).json()["items"]
    for departure in items:
        answer = await manager.post(f"/api/portal/departures/{departure['id']}/undo")
        assert answer.status_code == 202, answer.text

    async def all_undone():
        shown = (await manager.get("/api/portal/departures", params={"batch": batch})).json()["items"]
        return shown if {d["state"] for d in shown} == {"undone"} else None

    return await eventually(all_undone, seconds=30, what="all undone")


async def test_undo_brings_back_the_footprint_and_no_token(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    before = await footprint(manager, student)
    card = (await manager.get(f"/api/portal/students/{student}")).json()
    password = await own_password(rig, student)
    token = await rig.token(manager, student, password)
    batch = await departure_until_accepted(manager, [student])
    await rig.completed(batch)
    own = {"Authorization": f"Bearer {token}"}
    project = before["desktop"]["projects"][0]["project"]
    await refused_everywhere(manager, own, student, project)

    [departure] = await undo(manager, batch)

    assert {step["left_over"] is None or step["left_over"] == [] for step in departure["steps"].values()} == {
        True
    }
    assert await footprint(manager, student) == before
    assert (await manager.get(f"/api/portal/students/{student}")).json()["enrolments"] == card["enrolments"]
    history = (await manager.get(f"/api/portal/students/{student}/history")).json()["items"]
    told = [(e["before"], e["after"]) for e in history if e["what"] == "desktop"]
    places = {"projects": sorted(place["project"] for place in before["desktop"]["projects"])}
    assert told[:2] == [(None, places), (places, None)], "the newest first: back again, and gone before"
    await refused_everywhere(manager, own, student, project)
    assert await rig.token(manager, student, password)  # he logs in anew


async def own_password(rig: Rig, student: str) -> str:
    """Only the demo's logins have a password: this student gets the demo student's."""
    login = rig.stack.description["logins"]["student"]
    await rig.rows(
        "users",
        """UPDATE "user" SET password_hash = (SELECT password_hash FROM "user" WHERE code = $1)
           WHERE code = $2""",
        login["username"],
        student,
    )
    return str(login["password"])


async def test_undo_of_many_while_departures_of_others_run(rig: Rig, manager: httpx.AsyncClient):
    students = await rig.take(20)
    before = {student: await footprint(manager, student) for student in students}
    batch = await departure_until_accepted(manager, students)

    await undo(manager, batch)  # from running: results of the old epoch may still be on their way

    await rig.quiet()
    for student in students:
        assert await footprint(manager, student) == before[student]


async def test_a_batch_of_a_hundred_is_taken_back_in_one_request(rig: Rig, manager: httpx.AsyncClient):
    students = await rig.take(100)
    before = {student: await footprint(manager, student) for student in students}
    tokens = {
        student: await rig.token(manager, student, await own_password(rig, student))
        for student in students[:3]
    }
    batch = await departure_until_accepted(manager, students)
    await rig.completed(batch)

    answer = await manager.post("/api/portal/departures/undo", json={"batch": batch})

    assert answer.status_code == 202, answer.text
    assert (len(answer.json()["items"]), answer.json()["refused"]) == (100, [])
    await eventually(lambda: all_in(manager, batch, "undone"), seconds=60, what="all undone")
    await rig.quiet()
    for student in students:
        assert await footprint(manager, student) == before[student]
    for student, token in tokens.items():
        project = before[student]["desktop"]["projects"][0]["project"]
        await refused_everywhere(manager, {"Authorization": f"Bearer {token}"}, student, project)


async def all_in(manager: httpx.AsyncClient, batch: str, state: str) -> bool:
    query = {"batch": batch, "limit": "200"}
    shown = (await manager.get("/api/portal/departures", params=query)).json()["items"]
    return {departure["state"] for departure in shown} == {state}


async def test_undo_names_the_group_that_is_gone(rig: Rig, manager: httpx.AsyncClient):
    """A cluster group in which he was the last one is dissolved while he is away."""
    card: dict[str, Any] = {"enrolments": [{"groups": []}]}
    while not card["enrolments"][0]["groups"]:  # the lower years have no cluster groups
        [student] = await rig.take(1)
        card = (await manager.get(f"/api/portal/students/{student}")).json()
    group = card["enrolments"][0]["groups"][0]["id"]
    others = "DELETE FROM group_membership WHERE group_id = $1 AND enrolment_id <> $2 RETURNING *"
    moved = await rig.rows("portal", others, group, card["enrolments"][0]["id"])
    batch = await departure_until_accepted(manager, [student])
    await rig.completed(batch)
    [dissolved] = await rig.rows("portal", 'DELETE FROM "group" WHERE id = $1 RETURNING *', group)

    [departure] = await undo(manager, batch)

    assert departure["state"] == "undone"
    assert departure["steps"]["enrolments"]["left_over"] == [{"what": f"group:{group}", "why": "gone"}]
    back = (await manager.get(f"/api/portal/students/{student}")).json()["enrolments"][0]
    assert [g["id"] for g in back["groups"]] == [g["id"] for g in card["enrolments"][0]["groups"][1:]]
    for table, rows in (('"group"', [dissolved]), ("group_membership", moved)):
        for row in rows:
            columns, places = ", ".join(row.keys()), ", ".join(f"${n}" for n in range(1, len(row) + 1))
            await rig.rows(
                "portal", f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE VALUES ({places})", *row
            )
