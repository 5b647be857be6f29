"""The three services at work on a small school of their own, each with its document; no message goes out."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import desktop_sync.app
import portal.app
import users.app
from desktop_sync.settings import DesktopSettings
from portal.settings import PortalSettings
from shared import clock
from shared.contracts.ids import UserCode
from shared.contracts.rights import Role
from shared.contracts.values import UserKind
from shared.database.engine import create_engine
from shared.ids import new_id
from shared.messaging.tables import inbox
from shared.messaging.unit_of_work import Origin
from tests.desktop_sync.imports import H4, PROJECT, branch
from tests.gateway.fakes import served
from tests.shapes.familiar import Familiar, familiar_at
from tests.support.house import SERVICES, House
from tests.support.school import project_input
from users.models import HeldRole, User
from users.settings import UsersSettings
from users.unit_of_work import UsersUnitOfWork

CALLERS = {"manager": Role.APPLICATION_MANAGER, "timetabler": Role.TIMETABLER}
STUDENTS = [str(10_000 + number) for number in range(60)]


@dataclass(frozen=True)
class Door:
    """A service at its own address, what it says of itself, and what it holds."""

    app: FastAPI
    url: str
    tokens: dict[str, str]
    familiar: Familiar

    def headers(self, caller: str = "manager") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[caller]}"}


@pytest.fixture(scope="module")
async def doors(house: House) -> AsyncIterator[dict[str, Door]]:
    for service in SERVICES:
        await house.migrate(service)
        await house.empty(service)
    apps = {
        "portal": portal.app.create_app(house.settings(PortalSettings, "portal")),
        "users": users.app.create_app(
            house.settings(UsersSettings, "users", signing_key_file=house.signing_key_file)
        ),
        "desktop_sync": desktop_sync.app.create_app(house.settings(DesktopSettings, "desktop_sync")),
    }
    tokens = {code: house.token(code, {role: None}, exp=2**31) for code, role in CALLERS.items()}
    await _staff(apps["users"])
    async with AsyncExitStack() as stack:
        built = {}
        for service, app in apps.items():
            url = await stack.enter_async_context(served(app))
            headers = {"Authorization": f"Bearer {tokens['manager']}"}
            async with httpx.AsyncClient(
                base_url=url, headers=headers, trust_env=False, timeout=30
            ) as client:
                made = await _filled(house, service, client)
                familiar = await familiar_at(client, app.openapi())
            built[service] = Door(app, url, tokens, familiar | made)
        yield built
    for service, app in apps.items():
        await app.state.road.engine.dispose()
        await house.empty(service)  # what waits in the outbox is not for the next test to send


async def _staff(app: FastAPI) -> None:
    """Who asks: not among those that the lists show as students."""
    async with UsersUnitOfWork.open(app.state.road.engine, Origin("test", "test")) as uow:
        uow.users.add(
            *(
                User.register(UserCode(code), UserKind.STAFF, clock.now(), family_name=code)
                for code in CALLERS
            )
        )
        await uow.users.flush()
        await uow.role_assignments.replace(
            {UserCode(code): frozenset({HeldRole(role)}) for code, role in CALLERS.items()}
        )
        await uow.commit()


async def _filled(house: House, service: str, client: httpx.AsyncClient) -> Familiar:
    """What is made here and shown in no list."""
    await {"portal": _fill_portal, "users": _fill_users, "desktop_sync": _fill_desktop}[service](client)
    engine = create_engine(house.owner_url(service), size=1)
    async with engine.begin() as database:
        await database.execute(
            inbox.insert(), [{"id": new_id(), "type": "t", "state": "parked", "raw": b""} for _ in range(3)]
        )
    await engine.dispose()
    if service != "desktop_sync":
        return {}
    token = house.token("timetabler", {Role.TIMETABLER: None})
    body = {"departments": [H4], "revision": (await client.get(f"/projects/{PROJECT}")).json()["revision"]}
    upload = await client.post(
        f"/projects/{PROJECT}/placements/upload", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    assert upload.is_success, upload.text
    return {"upload": [upload.json()["id"]]}


async def _fill_portal(client: httpx.AsyncClient) -> None:
    year = clock.school_year_of(clock.today())
    tomorrow = clock.today() + timedelta(days=1)
    for body in (
        project_input("H4", year, STUDENTS, authority="portal"),
        project_input("H5", year + 1, STUDENTS[::2]),
    ):
        await _done(client, "POST", "/imports/project", body)
    await _done(client, "POST", "/webhooks", {"url": "http://127.0.0.1:9/hooks"})
    leaving = {"students": STUDENTS[:1], "reason": "left", "leaves_on": str(tomorrow)}
    [departure] = (await _done(client, "POST", "/departures", leaving))["items"]
    # Called off, so that its stream of events ends.
    await _done(client, "POST", f"/departures/{departure['id']}/cancel")
    card = await _done(client, "GET", f"/students/{STUDENTS[0]}")
    here = next(one for one in card["enrolments"] if one["kind"] == "enrolment")
    await _done(client, "PUT", f"/enrolments/{here['id']}/home-class", {"group": None})


async def _fill_users(client: httpx.AsyncClient) -> None:
    body = {"source": "shapes", "people": [_person(code) for code in STUDENTS]}
    await _done(client, "POST", "/imports/people", body)


async def _fill_desktop(client: httpx.AsyncClient) -> None:
    await _done(client, "POST", "/imports/project", branch(students=40))


async def _done(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    answer = await client.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def _person(code: str) -> dict[str, Any]:
    return {"external_id": code, "code": code, "kind": "student", "family_name": "Jansen", "city": "Hoorn"}
