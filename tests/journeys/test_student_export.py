"""The list of students comes out, and goes in again: nothing differs."""

from typing import Any

import httpx

from shared import clock
from tests.support.eventually import eventually
from tests.support.own_school import ProjectFile, content_of, imported
from tests.support.rig import OWN_SCHOOL, Rig

SCHOOL = f"{OWN_SCHOOL}export"
YEAR = clock.school_year_name(clock.school_year_of(clock.today()))
PLACE = {"school": SCHOOL, "branch": SCHOOL, "year": YEAR}
EXPORT = "/api/exports/students"
STUDENTS = ["0810001", "0810002"]
DETAILS = {
    "given_name": "Zoë",
    "prefix": "van",
    "family_name": "Dijk; Berg",
    "birth_date": "2011-08-01",
    "email": "+zoe@example.nl",
    "street": "=Kade",
    "house_number": "3 bis",
    "postal_code": "1234 AB",
    "city": "Hoorn",
    "country": "NL",
}


async def dry_run(manager: httpx.AsyncClient, raw: bytes) -> dict[str, Any]:
    query = {**PLACE, "source": "somtoday", "dry_run": "true"}
    sent = await manager.post(
        "/api/imports/students", params=query, content=raw, headers={"Content-Type": "text/csv"}
    )
    assert sent.status_code == 202, sent.text

    async def ended() -> dict[str, Any]:
        job: dict[str, Any] = (await manager.get(sent.headers["Location"])).json()
        assert job["failure"] is None, job["failure"]
        return job["result"] or {}

    return await eventually(ended, seconds=60, what="the dry run")


async def test_the_list_that_comes_back_shows_no_difference(rig: Rig, manager: httpx.AsyncClient):
    content = content_of(STUDENTS, "H4")
    content["students"][0] |= DETAILS
    branch = await imported(manager, ProjectFile(content, PLACE))
    await rig.quiet()
    card = (await manager.get(f"/api/portal/students/{STUDENTS[0]}")).json()
    where = {"project": card["enrolments"][0]["project"], "branch": branch}

    listed = await manager.get(EXPORT, params=where)
    assert listed.status_code == 200, listed.text
    text = listed.content.decode("utf-8-sig")
    assert "0810001;Zoë;van;\"Dijk; Berg\";2011-08-01;'+zoe@example.nl;'=Kade;3 bis;" in text

    result = await dry_run(manager, listed.content)
    assert (result["users"]["unchanged"], result["portal"]["unchanged"]) == (2, 2), result
    assert not result["problems"]["items"], result
    assert await rig.rows(
        "users", "SELECT 1 FROM audit WHERE action = 'addresses.export' AND object_id = $1", STUDENTS[0]
    )


async def test_a_list_is_for_who_may_read_addresses_there(rig: Rig, manager: httpx.AsyncClient):
    where = {"project": 1, "branch": 1}
    async with rig.client("timetabler") as timetabler:
        assert (await timetabler.get(EXPORT, params=where)).status_code == 403
    nowhere = await manager.get(EXPORT, params=where | {"branch": 999_999})
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
