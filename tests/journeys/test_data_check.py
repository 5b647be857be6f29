"""The timetabler is asked first (handbook "Leerling gaat van school", desktop part), by the real door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.journeys.test_departure import footprint
from tests.journeys.test_undo import undo
from tests.support.eventually import eventually
from tests.support.requests import departure_until_accepted
from tests.support.rig import Rig


@asynccontextmanager
async def asking(timetabler: httpx.AsyncClient, project: int) -> AsyncIterator[None]:
    """The project asks first meanwhile; the demo school is other tests' too."""

    async def set_departures(word: str) -> None:
        seen = (await timetabler.get(f"/api/desktop/projects/{project}")).headers["ETag"]
        answer = await timetabler.patch(
            f"/api/desktop/projects/{project}", json={"departures": word}, headers={"If-Match": seen}
        )
        assert answer.status_code == 200, answer.text

    await set_departures("ask")
    try:
        yield
    finally:
        await set_departures("automatic")


async def awaited(client: httpx.AsyncClient, batch: str) -> None:
    """Until the desktop's step waits for a person, and the three others are done."""

    async def waits() -> bool:
        [departure] = (await client.get("/api/portal/departures", params={"batch": batch})).json()["items"]
        steps = departure["steps"]
        told = (steps["desktop"]["state"], steps["desktop"]["reason"], departure["state"])
        others = {step["state"] for name, step in steps.items() if name != "desktop"}
        return told == ("sent", "waits_in_data_check", "running") and others == {"done"}

    await eventually(waits, what="the step waits in the data check")


async def test_who_departs_waits_in_the_data_check_until_somebody_presses_department(
    rig: Rig, manager: httpx.AsyncClient
):
    [student] = await rig.take(1)
    project = (await footprint(manager, student))["desktop"]["projects"][0]["project"]
    async with rig.client("timetabler") as timetabler, asking(timetabler, project):
        batch = await departure_until_accepted(manager, [student])
        await awaited(manager, batch)
        left = (await footprint(manager, student))["desktop"]["projects"]
        assert [place["project"] for place in left] == [project]

        path = f"/api/desktop/projects/{project}"
        check = (await timetabler.get(f"{path}/data-check")).json()
        assert (check["counts"]["left"], [item["code"] for item in check["items"]]) == (1, [student])
        taken = await timetabler.post(f"{path}/take-over", json={"kind": "department"})
        assert taken.json()["left"] == [student]

        await rig.completed(batch)
    await rig.check(manager, [student])


async def test_a_departure_that_waits_is_taken_back(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    before = await footprint(manager, student)
    project = before["desktop"]["projects"][0]["project"]
    async with rig.client("timetabler") as timetabler, asking(timetabler, project):
        batch = await departure_until_accepted(manager, [student])
        await awaited(manager, batch)
        await undo(manager, batch)
        check = (await timetabler.get(f"/api/desktop/projects/{project}/data-check")).json()
        assert check["counts"]["left"] == 0
    assert await footprint(manager, student) == before
