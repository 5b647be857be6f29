"""All four stories of the handbook on a school that was imported, by its own office and its own timetabler.

On the small school of the tests; on any other with DOORSTROOM_PROJECT_FILE=/path/to/school.json.
"""

import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.journeys.test_department_change import finish, until_done
from tests.journeys.test_departure import footprint
from tests.journeys.test_home_class import another_class, enrolment_of
from tests.journeys.test_real_school import FILE, YEAR, doorstroom
from tests.support.desk import Desk, Json
from tests.support.eventually import eventually
from tests.support.own_school import PASSWORD
from tests.support.requests import departure_until_accepted
from tests.support.rig import Rig

PROJECT_FILE = Path(os.environ.get("DOORSTROOM_PROJECT_FILE", FILE))
PLACE = ["--school", "FOUR", "--branch", "F", "--year", YEAR, "--codes-from", "700000"]


async def staff_of(rig: Rig, manager: httpx.AsyncClient, branch: int, opened: AsyncExitStack) -> Json:
    """The new branch's own student office and timetabler, logged in."""
    roles = ("student_office", "timetabler")
    people = [
        {"external_id": role, "code": f"four.{role}", "kind": "staff", "password": PASSWORD}
        | {"roles": [{"role": role, "branch": branch}]}
        for role in roles
    ]
    body = {"source": "four stories", "branch": branch, "people": people}
    assert (await manager.post("/api/users/imports/people", json=body)).status_code == 200
    clients = {}
    for role in roles:
        client = await opened.enter_async_context(httpx.AsyncClient(base_url=rig.gateway, timeout=60))
        client.headers["Authorization"] = f"Bearer {await rig.token(client, f'four.{role}', PASSWORD)}"
        clients[role] = client
    return clients


async def departments_of(client: httpx.AsyncClient, branch: int) -> list[Json]:
    items = (await client.get("/api/portal/departments", params={"limit": 200})).json()["items"]
    return [one for one in items if one["branch"] == branch]


async def students_of(client: httpx.AsyncClient, department: int) -> list[str]:
    params = {"department": department, "limit": 200}
    return [
        row["student"] for row in (await client.get("/api/portal/students", params=params)).json()["items"]
    ]


async def lead(manager: httpx.AsyncClient, department: int, side: str) -> Json:
    """Let this side lead the home classes of a department."""
    path = f"/api/portal/departments/{department}"
    seen = await manager.get(path)
    answer = await manager.patch(
        path, json={"home_class_authority": side}, headers={"If-Match": seen.headers["ETag"]}
    )
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


async def test_all_four_stories_on_an_imported_school(rig: Rig, manager: httpx.AsyncClient):
    done = await doorstroom(rig, "import", "project", str(PROJECT_FILE), *PLACE)
    assert done.returncode == 0, done.stdout + done.stderr
    await rig.quiet()
    branches = (await manager.get("/api/portal/branches", params={"limit": 200})).json()["items"]
    [branch] = [one["id"] for one in branches if one["school"]["code"] == "FOUR"]
    async with AsyncExitStack() as opened:
        staff = await staff_of(rig, manager, branch, opened)
        office, timetabler = staff["student_office"], staff["timetabler"]
        departments = await departments_of(office, branch)
        desk = Desk(timetabler, departments[0]["project"])
        await desk.refresh("open")
        assert set((await desk.counts()).values()) == {0}, "right after the import nothing differs"
        lower, upper = departments[0], departments[-1]

        await home_class_where_the_portal_leads(manager, office, desk, lower["id"])
        await home_class_where_the_desktop_leads(manager, office, desk, upper["id"])
        await department(office, desk, upper, lower)
        await name_and_address(office, desk, (await students_of(office, upper["id"]))[0])
        await departure(rig, office, desk, (await students_of(office, upper["id"]))[0])
        await rig.quiet()
        await desk.refresh()
        counts: dict[str, Any] = await desk.counts()
        assert counts["left"] == counts["new"] == counts["department"] == 0, counts


async def home_class_where_the_portal_leads(
    manager: httpx.AsyncClient, office: httpx.AsyncClient, desk: Desk, department: int
) -> None:
    assert (await lead(manager, department, "portal"))["home_class_authority"] == "portal"

    async def is_known() -> bool:
        diff = await desk.get("/placements/diff", department=department)
        return bool(diff["departments"][0]["led_by"] == "portal")

    await eventually(is_known, what="the desktop knows who leads")
    student = (await students_of(office, department))[0]
    enrolment = await enrolment_of(office, student)
    new = await another_class(office, enrolment)
    answer = await office.put(
        f"/api/portal/enrolments/{enrolment['id']}/home-class", json={"group": new["id"]}
    )
    assert answer.status_code == 200, answer.text
    await desk.refresh()
    await desk.post("/placements/download", departments=[department])
    card = await desk.student(student)
    assert card
    assert card["home_class"]["id"] == new["id"]
    assert student not in await desk.differences(department)


async def home_class_where_the_desktop_leads(
    manager: httpx.AsyncClient, office: httpx.AsyncClient, desk: Desk, department: int
) -> None:
    await lead(manager, department, "desktop")
    student = (await students_of(office, department))[0]
    enrolment = await enrolment_of(office, student)
    new = await another_class(office, enrolment)
    answer = await desk.client.put(
        f"{desk.path}/students/{student}/placements",
        json={"home_class": new["id"], "reason": "to show it"},
    )
    assert answer.status_code == 200, answer.text
    await desk.upload([department])
    assert (await enrolment_of(office, student))["home_class"]["id"] == new["id"]
    assert student not in await desk.differences(department)


async def department(office: httpx.AsyncClient, desk: Desk, source: Json, target: Json) -> None:
    student = (await students_of(office, source["id"]))[1]
    enrolment = await enrolment_of(office, student)
    new = await another_class(office, enrolment | {"department": target, "home_class": {"id": None}})
    changed = await office.put(
        f"/api/portal/enrolments/{enrolment['id']}/department",
        json={"department": target["id"], "choice_package": "wipe", "home_class": new["id"]},
    )
    assert changed.status_code == 200, changed.text
    await desk.refresh()
    assert student in await desk.check("department")
    assert (await desk.take_over("department", [student]))["moved"] == [student]
    await until_done(office, changed.json()["change"]["id"], "take_over")
    card = await desk.student(student)
    assert card
    assert (card["department"], card["home_class"]["id"]) == (target["id"], new["id"])
    await finish(office, desk.client, desk, student, changed.json()["change"]["id"], target["id"])


async def name_and_address(office: httpx.AsyncClient, desk: Desk, student: str) -> None:
    path = f"/api/users/users/{student}"
    seen = await office.get(path)
    answer = await office.patch(
        path,
        json={"street": "Nieuwe Gracht", "house_number": "1", "postal_code": "3512lc", "city": "Utrecht"},
        headers={"If-Match": seen.headers["ETag"]},
    )
    assert answer.status_code == 200, answer.text

    async def arrived() -> bool:
        card = await desk.student(student)
        return card is not None and card["address"]["postal_code"] == "3512 LC"

    await eventually(arrived, seconds=5, what="the address is in the desktop without a click")


async def departure(rig: Rig, office: httpx.AsyncClient, desk: Desk, student: str) -> None:
    await rig.completed(await departure_until_accepted(office, [student]))
    assert (await footprint(office, student))["empty"]
    assert await desk.student(student) is None
