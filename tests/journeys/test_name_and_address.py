"""Name and address (handbook "NAW-gegevens wijzigen"), through the real door."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.faults.strikes.broker import without_broker
from tests.journeys.test_departure import footprint
from tests.support.eventually import eventually
from tests.support.proxy import Delivery, swallow
from tests.support.requests import departure_until_accepted
from tests.support.rig import Rig

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "change.py"

User = dict[str, Any]


async def look(client: httpx.AsyncClient, student: str) -> tuple[User, str]:
    """Him, and the version that was seen."""
    answer = await client.get(f"/api/users/users/{student}")
    assert answer.status_code == 200, answer.text
    return answer.json(), answer.headers["ETag"]


async def edit(client: httpx.AsyncClient, student: str, seen: str, **told: object) -> httpx.Response:
    return await client.patch(f"/api/users/users/{student}", json=told, headers={"If-Match": seen})


async def desktop_project(client: httpx.AsyncClient, student: str) -> int:
    project: int = (await footprint(client, student))["desktop"]["projects"][0]["project"]
    return project


async def card(client: httpx.AsyncClient, project: int, student: str) -> dict[str, Any]:
    answer = await client.get(f"/api/desktop/projects/{project}/students/{student}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def has_arrived(client: httpx.AsyncClient, project: int, student: str, **address: object) -> None:
    """The desktop has this, within seconds, and nobody clicked."""

    async def arrived() -> bool:
        shown = (await card(client, project, student))["address"]
        return all(shown[field] == value for field, value in address.items())

    await eventually(arrived, seconds=20, what="the address in the desktop")


async def test_find_edit_and_the_desktop_has_it_without_a_click(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    project = await desktop_project(manager, student)
    names, _ = await look(manager, student)
    revision = (await manager.get(f"/api/desktop/projects/{project}")).headers["ETag"]

    wanted = f"{names['given_name']} {names['family_name']}"
    found = (await manager.get("/api/users/users", params={"q": wanted, "kind": "student"})).json()["items"]
    assert student in {user["code"] for user in found}

    _, seen = await look(manager, student)
    wrong = await edit(manager, student, seen, postal_code="12345")
    assert wrong.status_code == 422
    assert wrong.json()["params"]["errors"] == [{"place": "body.postal_code", "kind": "no_dutch_postal_code"}]
    unseen = await manager.patch(f"/api/users/users/{student}", json={"city": "Ede"})
    assert (unseen.status_code, unseen.json()["code"]) == (428, "version_required")

    moved = await edit(
        manager, student, seen, family_name="Öztürk", street="Nieuweweg", house_number="7b",
        postal_code="6711ab", city="Ede",
    )  # fmt: skip
    assert (moved.status_code, moved.json()["address"]["postal_code"]) == (200, "6711 AB")
    assert int(moved.headers["ETag"].strip('"')) == int(seen.strip('"')) + 1

    await has_arrived(manager, project, student, street="Nieuweweg", postal_code="6711 AB", city="Ede")
    assert (await card(manager, project, student))["family_name"] == "Öztürk"
    listed = await manager.get(f"/api/desktop/projects/{project}/students", params={"q": "ozturk"})
    assert student in {one["code"] for one in listed.json()["items"]}
    after = (await manager.get(f"/api/desktop/projects/{project}")).headers["ETag"]
    assert after == revision, "a name is no change of the timetable"

    async def portal_has_it() -> bool:
        shown = await manager.get("/api/portal/students", params={"q": f"ozturk {student}"})
        return [one["student"] for one in shown.json()["items"]] == [student]

    await eventually(portal_has_it, what="the name in the portal")


async def test_of_two_who_edit_one_person_the_second_looks_again(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    async with rig.client() as colleague:
        _, both_saw = await look(manager, student)
        first = await edit(manager, student, both_saw, city="Ede")
        second = await edit(colleague, student, both_saw, city="Velp")
        assert (first.status_code, second.status_code) == (200, 412)
        assert second.json()["code"] == "version_stale"
        shown, seen = await look(colleague, student)
        assert shown["address"]["city"] == "Ede"
        assert (await edit(colleague, student, seen, city="Velp")).status_code == 200


async def test_only_who_may_edits_and_the_timetabler_may_not(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    _, seen = await look(manager, student)
    async with rig.client("timetabler") as timetabler:
        refused = await edit(timetabler, student, seen, city="Ede")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    rig.give_back([student])


async def test_a_change_while_the_broker_is_away_arrives_when_it_is_back(
    rig: Rig, manager: httpx.AsyncClient
):
    [student] = await rig.take(1)
    project = await desktop_project(manager, student)
    async with without_broker(rig):
        for city in ("Ede", "Velp"):
            _, seen = await look(manager, student)
            assert (await edit(manager, student, seen, city=city)).status_code == 200
        assert (await card(manager, project, student))["address"]["city"] != "Velp"
    await has_arrived(manager, project, student, city="Velp")
    await rig.quiet()
    kept = await rig.rows(
        "users", "SELECT body FROM outbox WHERE type = 'users.person.changed.v1' AND body IS NOT NULL"
    )
    assert kept == [], "a name that has been said is not kept"


async def test_what_the_desktop_missed_comes_with_a_refresh(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    project = await desktop_project(manager, student)
    wire = rig.wires["desktop_sync", "amqp"]
    fault = wire.at(Delivery.sent(key="users.person.changed", times=1000), swallow)
    try:
        assert (await edit(manager, student, "*", street="Omweg", city="Velp")).status_code == 200
        await fault.happened()
    finally:
        wire.heal()
    assert (await card(manager, project, student))["address"]["street"] != "Omweg"

    async with rig.client("timetabler") as timetabler:
        path = f"/api/desktop/projects/{project}"
        asked = await timetabler.post(f"{path}/refresh")
        assert asked.status_code == 202, asked.text

        async def is_done() -> bool:
            answer = await timetabler.get(f"{path}/refreshes/{asked.json()['id']}")
            return bool(answer.json()["state"] == "done")

        await eventually(is_done, seconds=60, every=0.2, what="the refresh")
        assert (await card(timetabler, project, student))["address"]["street"] == "Omweg"


async def test_who_is_leaving_and_who_left_may_still_move_house(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    batch = await departure_until_accepted(manager, [student])
    # Of whatever version: the departure archives him meanwhile.
    anyhow = await edit(manager, student, "*", city="Ede")
    assert anyhow.status_code == 200, anyhow.text
    await rig.completed(batch)
    shown, seen = await look(manager, student)
    assert (shown["archived"], shown["address"]["city"]) == (True, "Ede")
    assert (await edit(manager, student, seen, city="Velp")).status_code == 200
    await rig.check(manager, [student])


async def test_a_newcomer_is_registered_and_comes_back_under_his_own_code(
    rig: Rig, manager: httpx.AsyncClient
):
    [someone] = await rig.take(1)
    rig.give_back([someone])
    branch = (await look(manager, someone))[0]["branch"]
    body = {
        "code": "880001",
        "kind": "student",
        "branch": branch,
        "given_name": "Ada",
        "family_name": "Nieuw",
    }
    made = await manager.post("/api/users/users", json=body, headers={"Idempotency-Key": "newcomer"})
    assert (made.status_code, made.json()["restored"]) == (201, False)
    again = await manager.post("/api/users/users", json=body, headers={"Idempotency-Key": "newcomer"})
    assert (again.status_code, again.json()) == (201, made.json())
    twice = await manager.post("/api/users/users", json=body)
    assert (twice.status_code, twice.json()["code"]) == (409, "code_in_use")

    assert (await manager.post("/api/users/users/880001/archive")).status_code == 200
    back = await manager.post("/api/users/users", json=body | {"city": "Ede"})
    assert (back.status_code, back.json()["restored"], back.json()["address"]["city"]) == (200, True, "Ede")


async def by_queue(rig: Rig, **body: object) -> tuple[int, str, User]:
    """How docs/examples/change.py ended, and what it printed: type and body."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLE), "users.person.change.v1",
        env=os.environ | {"AMQP_URL": rig.stack.description["amqp_automation"]},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, _ = await asyncio.wait_for(program.communicate(json.dumps(body).encode()), 90)
    kind, _, answer = printed.decode().partition(" ")
    return program.returncode or 0, kind, json.loads(answer)


async def test_another_program_changes_an_address_by_queue(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    project = await desktop_project(manager, student)
    street = "Van Nergensplein"
    ended, kind, answer = await by_queue(rig, user=student, street=street, postal_code="6711ab")
    assert (ended, kind, answer["user"]) == (0, "users.person.updated.v1", student)
    assert sorted(answer["fields"]) == ["postal_code", "street"]
    await has_arrived(manager, project, student, street=street, postal_code="6711 AB")

    refused = await by_queue(rig, user=student, street=street, version=1, city="Ede")
    assert (refused[0], refused[1], refused[2]["code"]) == (1, "users.person.refused.v1", "version_stale")
    await rig.quiet()
    for service in ("portal", "users", "desktop_sync"):
        tables = (f"SELECT t::text AS t FROM {table} t" for table in ("inbox", "outbox", "audit"))
        said = " ".join(row["t"] for row in await rig.rows(service, " UNION ALL ".join(tables)))
        assert street not in said
        assert street.encode().hex() not in said
