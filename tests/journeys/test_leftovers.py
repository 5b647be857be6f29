"""What people forget when they do the steps one by one, and how the list lets it be put right."""

from typing import Any

import httpx

from tests.journeys.test_departure import footprint
from tests.support.eventually import eventually
from tests.support.rig import Rig

ARCHIVED, PROGNOSIS, ACCOUNT, GHOST = (
    "archived_but_enrolled",
    "prognosis_without_account",
    "account_without_enrolment",
    "ghost_in_desktop",
)


async def archive(client: httpx.AsyncClient, student: str) -> None:
    answer = await client.post(f"/api/users/users/{student}/archive")
    assert answer.status_code == 200, answer.text


async def delete(client: httpx.AsyncClient, student: str, *kinds: str) -> None:
    """The enrolment, the prognosis, or both: each by itself."""
    for enrolment in (await client.get(f"/api/portal/students/{student}")).json()["enrolments"]:
        if enrolment["kind"] in kinds:
            answer = await client.delete(f"/api/portal/enrolments/{enrolment['id']}")
            assert answer.status_code == 200, answer.text


async def listed(client: httpx.AsyncClient, students: list[str]) -> dict[str, set[str]]:
    """What is listed of these students."""
    found: dict[str, set[str]] = {}
    for student in students:
        page = (await client.get("/api/portal/leftovers", params={"q": student})).json()
        kinds = {item["kind"] for item in page["items"] if item["student"] == student}
        found |= {student: kinds} if kinds else {}
    return found


async def test_each_thing_people_forget_is_listed_repaired_and_gone(rig: Rig, manager: httpx.AsyncClient):
    await rig.quiet()
    students = await rig.take(4)
    enrolled, coming, nowhere, ghost = students
    before = {student: await footprint(manager, student) for student in students}
    assert await listed(manager, students) == {}

    await archive(manager, enrolled)
    await archive(manager, coming)
    await delete(manager, coming, "enrolment")
    await delete(manager, nowhere, "enrolment", "prognosis")
    await delete(manager, ghost, "enrolment")

    expected = {enrolled: {ARCHIVED}, coming: {PROGNOSIS, GHOST}, nowhere: {ACCOUNT, GHOST}, ghost: {GHOST}}

    async def all_listed() -> bool:
        return await listed(manager, students) == expected

    await eventually(all_listed, what="all is listed")
    picked: list[dict[str, Any]] = [
        {"kind": kind, "student": student} for student, kinds in expected.items() for kind in sorted(kinds)
    ]
    answer = await manager.post("/api/portal/leftovers/repair", json={"items": picked})
    assert answer.status_code == 202, answer.text
    repairs = {item["student"]: item for item in answer.json()["items"]}
    this_year = before[ghost]["portal"]["enrolments"][0]["project"]
    assert (repairs[ghost]["departure"], repairs[ghost]["project"]) == (None, this_year)

    await rig.completed(answer.json()["batch"])
    await rig.check(manager, [enrolled, coming])
    assert (await footprint(manager, nowhere))["empty"] is True

    async def none_listed() -> bool:
        return await listed(manager, students) == {}

    await eventually(none_listed, what="nothing is listed any more")
    after = await footprint(manager, ghost)
    assert after["portal"]["prognoses"] == before[ghost]["portal"]["prognoses"]
    assert after["users"]["account"]["active"] is True
    assert [place["project"] for place in after["desktop"]["projects"]] == [
        place["project"] for place in before[ghost]["desktop"]["projects"] if place["project"] != this_year
    ]
