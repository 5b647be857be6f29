"""A student changes home class (handbook "Leerling wijzigt van stamklas").

Where the portal leads, and where the desktop does. After each step: what has changed, and what has not yet.
"""

import asyncio
from typing import Any

import httpx

from tests.support.desk import Desk
from tests.support.requests import departure_until_accepted
from tests.support.rig import Rig

Json = dict[str, Any]


async def enrolment_of(client: httpx.AsyncClient, student: str) -> Json:
    """His enrolment of this school year, as the portal has it."""
    card = (await client.get(f"/api/portal/students/{student}")).json()
    [one] = [e for e in card["enrolments"] if e["kind"] == "enrolment"]
    enrolment: Json = one
    return enrolment


async def another_class(client: httpx.AsyncClient, enrolment: Json) -> Json:
    """A home class of his department that is not his, with the most room."""
    params = {"department": enrolment["department"]["id"], "limit": 200}
    groups = (await client.get("/api/portal/groups", params=params)).json()["items"]
    others = [g for g in groups if g["is_home_class"] and g["id"] != enrolment["home_class"]["id"]]
    found: Json = min(others, key=lambda group: group["size"])
    return found


def bound_groups(card: Json, home_class: str) -> set[str]:
    """The lesson groups on a desktop card that belong to a class, by how the demo school calls them."""
    return {p["group"] for p in card["placements"] if p["group"] and home_class in p["group"]}


async def test_where_the_portal_leads(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1, led_by="portal")
    enrolment = await enrolment_of(manager, student)
    old, new = enrolment["home_class"], await another_class(manager, enrolment)
    department = enrolment["department"]["id"]
    path = f"/api/portal/enrolments/{enrolment['id']}/home-class"
    async with rig.client("timetabler") as timetabler:
        desk = Desk(timetabler, enrolment["project"])
        await desk.refresh()
        before = await desk.student(student)
        assert before
        assert before["home_class"]["id"] == old["id"]

        # The side that does not lead refuses, and names the one that does.
        refused = await timetabler.put(
            f"{desk.path}/students/{student}/placements", json={"home_class": new["id"]}
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "portal_is_leading")

        # Portal: click the column of the new class.
        changed = await manager.put(path, json={"group": new["id"]})
        assert changed.status_code == 200, changed.text
        now = await enrolment_of(manager, student)
        assert now["home_class"]["id"] == new["id"]
        assert now["groups"] == enrolment["groups"], "cluster memberships stay"
        assert await desk.student(student) == before, "the desktop waits for its refresh and download"
        assert student not in await desk.differences(department)

        # Desktop: take the latest data; the difference shows, the project has not changed.
        await desk.refresh()
        assert student in await desk.check("home_class")
        cells = (await desk.differences(department))[student]["cells"]
        assert {(cell["group"]["id"], cell["state"]) for cell in cells if cell["kind"] == "home_class"} == {
            (old["id"], "desktop"),
            (new["id"], "portal"),
        }
        assert await desk.student(student) == before

        # Groepsindelingen, Download.
        await desk.post("/placements/download", departments=[department])
        after = await desk.student(student)
        assert after
        assert after["home_class"]["id"] == new["id"]
        assert not bound_groups(after, old["code"]), "the groups of the class follow it"
        assert bound_groups(after, new["code"])
        assert student not in await desk.check("home_class")
        assert student not in await desk.differences(department)

    history = (await manager.get(f"/api/portal/students/{student}/history")).json()["items"]
    told = {entry["what"]: entry for entry in history}
    assert told["home_class"]["before"]["code"] == old["code"]
    assert told["home_class"]["after"]["code"] == new["code"]
    assert told["home_class"]["by"] == rig.stack.description["logins"]["application_manager"]["username"]
    assert told["desktop"]["service"] == "desktop"


async def test_where_the_desktop_leads(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1, led_by="desktop")
    enrolment = await enrolment_of(manager, student)
    old, new = enrolment["home_class"], await another_class(manager, enrolment)
    department = enrolment["department"]["id"]

    # The portal refuses, and names the side that leads.
    refused = await manager.put(
        f"/api/portal/enrolments/{enrolment['id']}/home-class", json={"group": new["id"]}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "desktop_is_leading")

    async with rig.client("timetabler") as timetabler:
        desk = Desk(timetabler, enrolment["project"])
        await desk.refresh()

        # Department, student: another class by hand. What clashes is said; accepted only with a reason.
        place = f"{desk.path}/students/{student}/placements"
        placed = await timetabler.put(place, json={"home_class": new["id"]})
        if placed.status_code == 409:
            assert placed.json()["code"] == "placements_clash"
            assert placed.json()["params"]["clashes"]
            placed = await timetabler.put(place, json={"home_class": new["id"], "reason": "agreed"})
        assert placed.status_code == 200, placed.text
        card = await desk.student(student)
        assert card
        assert card["home_class"]["id"] == new["id"]
        assert (await enrolment_of(manager, student))["home_class"]["id"] == old["id"], "not uploaded yet"

        # Portal connector: Groepsindelingen, Upload, confirm: a list of differences first.
        differs = (await desk.differences(department))[student]
        assert {(c["group"]["id"], c["state"]) for c in differs["cells"] if c["kind"] == "home_class"} == {
            (new["id"], "desktop"),
            (old["id"], "portal"),
        }
        done = await desk.upload([department])
        assert done["counts"].get("refused", 0) == 0
        rows = (await desk.get(f"/uploads/{done['id']}", result="applied", limit=200))["items"]
        assert student in {row["student"] for row in rows}

    now = await enrolment_of(manager, student)
    assert now["home_class"]["id"] == new["id"]
    history = (await manager.get(f"/api/portal/students/{student}/history")).json()["items"]
    assert {"home_class", "desktop"} <= {entry["what"] for entry in history}


async def test_what_changed_in_the_portal_since_the_copy_is_never_overwritten(
    rig: Rig, manager: httpx.AsyncClient
):
    """A stale copy: an upload of the whole department, one student of which another upload has changed."""
    first, second = await rig.take(2, led_by="desktop")
    enrolment = await enrolment_of(manager, first)
    department, new = enrolment["department"]["id"], await another_class(manager, enrolment)
    async with rig.client("timetabler") as timetabler:
        desk = Desk(timetabler, enrolment["project"])
        await desk.refresh()
        # Past the desktop: what somebody else's tool would have done to the portal meanwhile.
        await rig.rows("portal", "UPDATE enrolment SET home_class_id = NULL WHERE id = $1", enrolment["id"])
        await timetabler.put(
            f"{desk.path}/students/{first}/placements",
            json={"home_class": new["id"], "reason": "on purpose"},
        )
        done = await desk.upload([department])
        changed = (await desk.get(f"/uploads/{done['id']}", result="changed"))["items"]
        assert [row["student"] for row in changed] == [first]
        assert (await enrolment_of(manager, first))["home_class"] is None, "nothing was overwritten"

        # A person chooses for the row: now the desktop's goes up.
        await desk.upload([department], choices=[{"student": first, "take": "desktop"}])
        assert (await enrolment_of(manager, first))["home_class"]["id"] == new["id"]
    rig.give_back([second])


async def test_two_people_change_one_student_at_once(rig: Rig, manager: httpx.AsyncClient):
    """Both saw the same; the second is told to look again. Without a version the last one counts."""
    [student] = await rig.take(1, led_by="portal")
    enrolment = await enrolment_of(manager, student)
    new = await another_class(manager, enrolment)
    path = f"/api/portal/enrolments/{enrolment['id']}/home-class"
    seen = (await manager.get(f"/api/portal/students/{student}")).headers["ETag"]
    async with rig.client("timetabler") as other:
        answers = await asyncio.gather(
            manager.put(path, json={"group": new["id"]}, headers={"If-Match": seen}),
            other.put(path, json={"group": None}, headers={"If-Match": seen}),
        )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    [won] = [answer for answer in answers if answer.status_code == 200]
    now = await enrolment_of(manager, student)
    assert now["home_class"] == won.json()["enrolment"]["home_class"]


async def test_a_departure_that_runs_locks_his_home_class(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1, led_by="portal")
    enrolment = await enrolment_of(manager, student)
    new = await another_class(manager, enrolment)
    wire = rig.wires["portal", "amqp"]
    await wire.refuse()
    try:
        batch = await departure_until_accepted(manager, [student])
        refused = await manager.put(
            f"/api/portal/enrolments/{enrolment['id']}/home-class", json={"group": new["id"]}
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "departure_running")
        assert refused.json()["params"]["student"] == student
    finally:
        await wire.accept()
    await rig.completed(batch)
    await rig.check(manager, [student])
