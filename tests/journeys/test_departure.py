"""A student leaves school (handbook "Leerling gaat van school"), through the real door."""

import json
from typing import Any

import aio_pika
import httpx

from tests.support.eventually import eventually
from tests.support.rig import COMMANDS, Rig
from tests.support.sse import events_of


async def footprint(client: httpx.AsyncClient, student: str) -> dict[str, Any]:
    answer = await client.get(f"/api/students/{student}/footprint")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_departure_from_footprint_to_footprint(rig: Rig, manager: httpx.AsyncClient):
    login = rig.stack.description["logins"]["student"]
    student = login["username"]
    own_token = await rig.token(manager, **login)
    own = {"Authorization": f"Bearer {own_token}"}
    assert (await manager.get(f"/api/portal/students/{student}", headers=own)).status_code == 200
    before = await footprint(manager, student)
    assert before["empty"] is False
    assert len(before["portal"]["enrolments"]) == len(before["portal"]["prognoses"]) == 1
    assert before["users"]["account"]["active"] is True
    assert before["users"]["sessions"] >= 1
    placements = before["desktop"]["projects"][0]["placements"]
    assert placements
    year, project = before["portal"]["enrolments"][0], before["desktop"]["projects"][0]["project"]
    sizes = await sizes_of(manager, project, year["department"]["id"])

    async with overheard(rig, COMMANDS) as heard:
        preview = await manager.post("/api/portal/departures/preview", json={"students": [student]})
        assert preview.status_code == 200, preview.text
        assert preview.json()["items"][0]["users"]["account"]["active"] is True
        body = {"students": [student], "reason": "left"}
        requested = await manager.post("/api/portal/departures", json=body)
        assert requested.status_code == 202, requested.text
        departure = requested.json()["items"][0]
        events = await events_of(manager, f"/api/portal/departures/{departure['id']}/events")

    assert events[-1]["data"]["state"] == "completed"
    assert [int(event["id"]) for event in events] == sorted({int(event["id"]) for event in events})
    assert {s["state"] for s in events[-1]["data"]["steps"].values()} == {"done"}
    assert await footprint(manager, student) == {
        "student": student,
        "empty": True,
        "portal": {"enrolments": [], "prognoses": []},
        "users": {"account": {"active": False}, "sessions": 0, "refresh_tokens": 0, "api_tokens": 0},
        "desktop": {"projects": []},
    }
    assert sorted(kind for kind, code in heard if code == student) == sorted(COMMANDS)
    assert (await manager.get(f"/api/desktop/projects/{project}/students/{student}")).status_code == 404
    freed = {p["group"] for p in placements if p["group"]}
    after = await sizes_of(manager, project, year["department"]["id"])
    assert {group: sizes[group] - after[group] for group in freed} == dict.fromkeys(freed, 1)
    await refused_everywhere(manager, own, student, project)
    again = await manager.post("/api/users/oauth/token", data={"grant_type": "password", **login})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


async def sizes_of(client, project: int, department: int) -> dict[str, int]:
    """Of each lesson group of a department in the desktop: how many students are in it."""
    sizes: dict[str, int] = {}
    cursor = None
    while True:
        filters = {"department": department, "limit": 200} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"/api/desktop/projects/{project}/groups", params=filters)).json()
        sizes |= {group["code"]: group["size"] for group in page["items"]}
        cursor = page["next"]
        if cursor is None:
            return sizes


async def refused_everywhere(client, own, student, project) -> None:
    async def all_refuse() -> bool:
        answers = [
            await client.get(url, headers=own)
            for url in (
                f"/api/portal/students/{student}",
                f"/api/users/users/{student}",
                f"/api/desktop/projects/{project}/students/{student}",
            )
        ]
        return {answer.status_code for answer in answers} == {401}

    await eventually(all_refuse, seconds=2, what="the old token is refused by all services")


class overheard:  # noqa: N801 - reads as a word
    """What a queue bound to both exchanges sees: (type, student) of the messages of these types."""

    def __init__(self, rig: Rig, types) -> None:
        self.url, self.types = rig.stack.description["amqp"], types
        self.heard: list[tuple[str, str]] = []

    async def __aenter__(self):
        self.connection = await aio_pika.connect(self.url)
        channel = await self.connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        for exchange in ("doorstroom.commands", "doorstroom.facts"):
            await queue.bind(exchange, "#")
        await queue.consume(self._hear, no_ack=True)
        return self.heard

    async def _hear(self, message) -> None:
        if message.type in self.types:
            self.heard.append((message.type, json.loads(message.body)["student"]))

    async def __aexit__(self, *_):
        await self.connection.close()


async def test_second_request_is_refused_and_changes_nothing(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    body = {"students": [student], "reason": "graduated"}
    batch = (await manager.post("/api/portal/departures", json=body)).json()["batch"]
    await rig.completed(batch)

    again = await manager.post("/api/portal/departures", json=body)

    assert (again.status_code, again.json()["code"]) == (409, "already_departed")
    await rig.check(manager, [student])


async def test_roles_and_scope_hold(rig: Rig):
    [student] = await rig.take(1)
    body = {"students": [student], "reason": "left"}
    async with rig.client("timetabler") as timetabler, rig.client("student_office") as office:
        refused = await timetabler.post("/api/portal/departures", json=body)
        seen = await office.get(f"/api/portal/students/{student}")
        is_here = {e["kind"] for e in seen.json().get("enrolments", ())} >= {"enrolment"}
        allowed = await office.post("/api/portal/departures/preview", json=body | {"students": [student]})

    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert allowed.status_code == (200 if is_here else 422)


async def test_kept_prognosis_keeps_next_years_project(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    projects = {p["project"] for p in (await footprint(manager, student))["desktop"]["projects"]}
    body = {"students": [student], "reason": "left", "prognoses": "keep"}
    batch = (await manager.post("/api/portal/departures", json=body)).json()["batch"]
    await rig.completed(batch)

    shown = (await manager.get(f"/api/portal/students/{student}")).json()
    assert [e["kind"] for e in shown["enrolments"]] == ["prognosis"]
    left = await rig.rows("desktop_sync", "SELECT project_id FROM student WHERE code = $1", student)
    assert {row["project_id"] for row in left} < projects
