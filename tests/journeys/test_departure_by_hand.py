"""A student leaves school the old way: the handbook's ten steps and the prognosis, one by one, by hand.

After each step: what is gone, and what is still there because the next step was not done yet. One departure
does all of this at once (test_departure.py).
"""

import httpx

from tests.journeys.test_departure import footprint
from tests.journeys.test_undo import own_password
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.rig import Rig


async def test_the_ten_steps_and_the_prognosis(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    password = await own_password(rig, student)
    own = {"Authorization": f"Bearer {await rig.token(manager, student, password)}"}

    # 1-2. Portal: choose the running project, find the student.
    card = (await manager.get(f"/api/portal/students/{student}")).json()
    year = {one["kind"]: one for one in card["enrolments"]}
    running, prognosis = year["enrolment"], year["prognosis"]
    found = await manager.get(
        "/api/portal/students", params={"project": running["project"], "q": student, "limit": 1}
    )
    assert [one["student"] for one in found.json()["items"]] == [student]

    # 3. Delete the enrolment. That does not delete the student; his account stays active.
    deleted = await manager.delete(f"/api/portal/enrolments/{running['id']}")
    assert deleted.status_code == 200, deleted.text
    assert deleted.json()["left_behind"] == {
        "account": True,
        "prognoses": [prognosis["id"]],
        "desktop_projects": sorted({running["project"], prognosis["project"]}),
    }
    left = await footprint(manager, student)
    assert left["portal"]["enrolments"] == []
    assert [one["id"] for one in left["portal"]["prognoses"]] == [prognosis["id"]]
    assert left["users"]["account"]["active"]
    assert running["project"] in {place["project"] for place in left["desktop"]["projects"]}
    assert (await manager.get(f"/api/users/users/{student}", headers=own)).status_code == 200

    # 4-5. Beheer, Gebruikers: find him, archive him. Then he can no longer log in.
    people = (await manager.get("/api/users/users", params={"q": student})).json()["items"]
    assert [(one["code"], one["archived"]) for one in people] == [(student, False)]
    assert (await manager.post(f"/api/users/users/{student}/archive")).status_code == 200
    login = {"grant_type": "password", "username": student, "password": password}
    assert (await manager.post("/api/users/oauth/token", data=login)).status_code == 400
    assert (await manager.get(f"/api/users/users/{student}", headers=own)).status_code == 401
    left = await footprint(manager, student)
    assert not left["users"]["account"]["active"]
    assert left["portal"]["prognoses"], "archiving deletes nothing"
    assert left["desktop"]["projects"]

    # The step people forget: the prognosis for next year.
    gone = await manager.delete(f"/api/portal/enrolments/{prognosis['id']}")
    assert gone.status_code == 200, gone.text
    assert (await footprint(manager, student))["portal"] == {"enrolments": [], "prognoses": []}

    # 6-10. Desktop: take the latest portal data, open Leerlingen from the data check, press <Afdeling>; in
    # the project of this year and in that of the next.
    async with rig.client("timetabler") as timetabler:
        for project in (running["project"], prognosis["project"]):
            desk = Desk(timetabler, project)
            if await desk.student(student) is None:
                continue  # next year's timetable is not begun yet
            assert student not in await desk.check("left"), "the desktop's copy is an older one"
            done = await desk.refresh()
            assert (await desk.get())["copy_taken_at"] == done["copy_taken_at"]
            assert student in await desk.check("left")
            assert await desk.student(student), "he is there until <Afdeling> is pressed"
            taken = await desk.take_over("department", [student])
            assert taken["left"] == [student]
            assert await desk.student(student) is None
            again = await desk.take_over("department", [student])
            assert (again["left"], again["revision"]) == ([], taken["revision"])

    async def nothing_left() -> bool:
        return bool((await footprint(manager, student))["empty"])

    await eventually(nothing_left, seconds=5, what="nothing is left of him")
    history = (await manager.get(f"/api/portal/students/{student}/history")).json()["items"]
    assert {"enrolment_removed", "account", "desktop"} <= {entry["what"] for entry in history}
