"""A student changes department (handbook "Leerling wijzigt van afdeling"), with the steps that follow it.

The checklist of the change is followed to its end, and after each step: what is, and what is not yet there.
"""

from typing import Any

import httpx

from tests.journeys.test_home_class import another_class, enrolment_of
from tests.support.desk import Desk, Json
from tests.support.eventually import eventually
from tests.support.rig import Rig


async def movable(rig: Rig, client: httpx.AsyncClient, led_by: str) -> tuple[str, Json, Json]:
    """A student, his enrolment, and another department of his branch; one side leads both."""
    passed_over: list[str] = []
    while True:
        [student] = await rig.take(1, led_by=led_by)
        enrolment = await enrolment_of(client, student)
        params = {"project": enrolment["project"], "limit": 200}
        for one in (await client.get("/api/portal/departments", params=params)).json()["items"]:
            is_another = one["id"] != enrolment["department"]["id"]
            if is_another and (one["branch"], one["home_class_authority"]) == (enrolment["branch"], led_by):
                rig.give_back(passed_over)
                return student, enrolment, one
        passed_over.append(student)


async def change_of(client: httpx.AsyncClient, change: str) -> tuple[str, dict[str, str]]:
    """How far it is: its state, and each step's in order."""
    shown = (await client.get(f"/api/portal/department-changes/{change}")).json()
    return shown["state"], {step["step"]: step["state"] for step in shown["steps"]}


async def until_done(client: httpx.AsyncClient, change: str, step: str) -> None:
    async def is_done() -> bool:
        return (await change_of(client, change))[1][step] == "done"

    await eventually(is_done, seconds=10, what=f"{step} closes by itself")


async def package_of(client: httpx.AsyncClient, enrolment: int) -> list[str]:
    answer = await client.get(f"/api/portal/enrolments/{enrolment}/choice-package")
    assert answer.status_code == 200, answer.text
    return sorted(answer.json()["subjects"])


async def test_to_a_department_that_the_portal_leads(rig: Rig, manager: httpx.AsyncClient):
    """Lower years: no package, no cluster groups to place; home class in the portal, then <Afdeling>."""
    student, enrolment, department = await movable(rig, manager, "portal")
    async with rig.client("timetabler") as timetabler:
        desk = Desk(timetabler, enrolment["project"])
        await desk.refresh()
        body: dict[str, Any] = {"department": department["id"]}
        path = f"/api/portal/enrolments/{enrolment['id']}/department"

        # Looked at first; nothing changes by that.
        preview = await manager.post(f"{path}/preview", json=body)
        assert preview.status_code == 200, preview.text
        assert await enrolment_of(manager, student) == enrolment

        # Leerlingen, Overzicht: double-click the cell Afdeling, choose the new one.
        if enrolment["choice_package"]:
            undecided = await manager.put(path, json=body)
            assert (undecided.status_code, undecided.json()["code"]) == (409, "choice_package_undecided")
            body["choice_package"] = "wipe"
        changed = await manager.put(path, json=body)
        assert changed.status_code == 200, changed.text
        change = changed.json()["change"]["id"]
        now = await enrolment_of(manager, student)
        assert now["department"]["id"] == department["id"]
        assert now["id"] != enrolment["id"], "an enrolment's department never changes: it is replaced"
        assert (now["groups"], now["home_class"]) == ([], None), "group memberships go in every case"
        assert (await manager.put(path, json=body)).status_code == 404
        same = await manager.put(f"/api/portal/enrolments/{now['id']}/department", json=body)
        assert (same.status_code, same.json()["code"]) == (409, "same_department")

        # The portal leads there: his home class in the column right of Afdeling.
        steps = (await change_of(manager, change))[1]
        assert steps["home_class"] == steps["take_over"] == "open"
        new = await another_class(manager, now | {"home_class": {"id": None}})
        answer = await manager.put(
            f"/api/portal/enrolments/{now['id']}/home-class", json={"group": new["id"]}
        )
        assert answer.status_code == 200, answer.text
        await until_done(manager, change, "home_class")
        card = await desk.student(student)
        assert card
        assert card["department"] == enrolment["department"]["id"], "the desktop knows nothing yet"

        # Connector: refresh, then <Afdeling>.
        await desk.refresh()
        assert student in await desk.check("department")
        taken = await desk.take_over("department", [student])
        assert taken["moved"] == [student]
        card = await desk.student(student)
        assert card
        assert (card["department"], card["home_class"]["id"]) == (department["id"], new["id"])
        await until_done(manager, change, "take_over")

        # What is left is placed by hand and uploaded, where there is anything to place.
        await finish(manager, timetabler, desk, student, change, department["id"])


async def test_to_a_department_that_the_desktop_leads_with_the_package_kept(
    rig: Rig, manager: httpx.AsyncClient
):
    student, enrolment, department = await movable(rig, manager, "desktop")
    path = f"/api/portal/enrolments/{enrolment['id']}/department"
    before = await package_of(manager, enrolment["id"])
    async with rig.client("timetabler") as timetabler:
        desk = Desk(timetabler, enrolment["project"])
        await desk.refresh()

        undecided = await manager.put(path, json={"department": department["id"]})
        assert (undecided.status_code, undecided.json()["code"]) == (409, "choice_package_undecided")
        assert sorted(undecided.json()["params"]["subjects"]) == before
        assert await enrolment_of(manager, student) == enrolment

        changed = await manager.put(path, json={"department": department["id"], "choice_package": "keep"})
        assert changed.status_code == 200, changed.text
        told = changed.json()["change"]
        now = await enrolment_of(manager, student)
        assert (now["groups"], now["home_class"]) == ([], None)
        kept = await package_of(manager, now["id"])
        assert sorted([*kept, *told["dropped"]]) == before, "kept by code, or said to have fallen out"
        change = told["id"]
        assert "home_class" not in (await change_of(manager, change))[1], "the desktop leads there"

        # The package under Pakketkeuze, as a person decides it.
        chosen = await timetabler.put(
            f"/api/portal/enrolments/{now['id']}/choice-package", json={"subjects": kept}
        )
        assert chosen.status_code == 200, chosen.text

        await desk.refresh()
        taken = await desk.take_over("department", [student])
        assert taken["moved"] == [student]
        card = await desk.student(student)
        assert card
        assert card["department"] == department["id"]
        assert card["home_class"] is None
        assert not [p for p in card["placements"] if p["group"]], "not placed yet"
        await until_done(manager, change, "take_over")
        assert (await change_of(manager, change))[0] == "open"

        await finish(manager, timetabler, desk, student, change, department["id"])
        placed = await enrolment_of(manager, student)
        assert placed["home_class"], "the class that the timetabler gave him came up"

    history = (await manager.get(f"/api/portal/students/{student}/history")).json()["items"]
    assert {"department", "choice_package", "desktop", "home_class"} <= {entry["what"] for entry in history}


async def finish(  # noqa: PLR0917
    manager: httpx.AsyncClient,
    timetabler: httpx.AsyncClient,
    desk: Desk,
    student: str,
    change: str,
    department: int,
) -> None:
    """Place what is unplaced, home class first where the desktop leads, and upload; then the list is done."""
    _, steps = await change_of(manager, change)
    if steps.get("placement") == "open":
        card = await desk.student(student)
        assert card
        if card["home_class"] is None:
            enrolment = await enrolment_of(manager, student)
            new = await another_class(manager, enrolment | {"home_class": {"id": None}})
            await placed(timetabler, desk, student, {"home_class": new["id"]})
            card = await desk.student(student)
            assert card
        groups = (await desk.get("/groups", department=department, limit=200))["items"]
        wanted = {}
        for placement in card["placements"]:
            if placement["group"] is None:
                fitting = [
                    g
                    for g in groups
                    if g["subject"] == placement["subject"]
                    and g["home_class"] is None
                    and g["size"] < g["hard_max"]
                ]
                assert fitting, f"no group for {placement['subject']}"
                wanted[placement["subject"]] = fitting[0]["code"]
        if wanted:
            await placed(timetabler, desk, student, {"groups": wanted})
        await until_done(manager, change, "placement")
    if "upload" in steps:
        await desk.upload([department])
        await until_done(manager, change, "upload")
    if steps.get("choice_package") == "open":
        now = await enrolment_of(manager, student)
        subjects = await package_of(manager, now["id"])
        await timetabler.put(
            f"/api/portal/enrolments/{now['id']}/choice-package", json={"subjects": subjects}
        )

    async def done() -> bool:
        return (await change_of(manager, change))[0] == "done"

    await eventually(done, seconds=10, what="the checklist closes by itself")


async def placed(client: httpx.AsyncClient, desk: Desk, student: str, body: Json) -> None:
    """By hand; if it clashes, on purpose."""
    answer = await client.put(f"{desk.path}/students/{student}/placements", json=body)
    if answer.status_code == 409 and answer.json()["code"] == "placements_clash":
        answer = await client.put(
            f"{desk.path}/students/{student}/placements", json=body | {"reason": "on purpose"}
        )
    assert answer.status_code == 200, answer.text


async def test_undone_while_nothing_depends_on_it(rig: Rig, manager: httpx.AsyncClient):
    student, enrolment, department = await movable(rig, manager, "desktop")
    answer = await manager.put(
        f"/api/portal/enrolments/{enrolment['id']}/department",
        json={"department": department["id"], "choice_package": "wipe"},
    )
    assert answer.status_code == 200, answer.text
    history = (await manager.get(f"/api/portal/students/{student}/history")).json()["items"]
    entry = next(one for one in history if one["what"] == "department")

    undone = await manager.post(f"/api/portal/students/{student}/history/{entry['id']}/undo")

    assert undone.status_code == 200, undone.text
    assert await enrolment_of(manager, student) == enrolment, "the same id, groups, class and package"
    again = await manager.post(f"/api/portal/students/{student}/history/{entry['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")


async def test_the_broker_is_away_in_the_middle(rig: Rig, manager: httpx.AsyncClient):
    """The change itself needs no broker; the refresh waits, and comes when the broker is back."""
    student, enrolment, department = await movable(rig, manager, "portal")
    body: dict[str, Any] = {"department": department["id"]}
    if enrolment["choice_package"]:
        body["choice_package"] = "wipe"
    async with rig.client("timetabler") as timetabler:
        desk = Desk(timetabler, enrolment["project"])
        await desk.refresh()
        wires = [rig.wires[service, "amqp"] for service in ("portal", "users", "desktop_sync")]
        for wire in wires:
            await wire.refuse()
        try:
            changed = await manager.put(f"/api/portal/enrolments/{enrolment['id']}/department", json=body)
            assert changed.status_code == 200, changed.text
            asked = await desk.post("/refresh", 202)
            assert (await desk.get(f"/refreshes/{asked['id']}"))["state"] == "asked"
            assert student not in await desk.check("department")
        finally:
            for wire in wires:
                await wire.accept()

        async def arrived() -> bool:
            return bool((await desk.get(f"/refreshes/{asked['id']}"))["state"] == "done")

        await eventually(arrived, seconds=30, what="the refresh that was asked without a broker")
        assert student in await desk.check("department")
        assert (await desk.take_over("department", [student]))["moved"] == [student]
        await until_done(manager, changed.json()["change"]["id"], "take_over")
    await rig.quiet()
