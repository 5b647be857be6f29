"""Users over real servers, emptied for each test."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import users
from shared.clock import now
from shared.contracts.ids import BranchId, SchoolId, UserCode
from shared.contracts.rights import Role
from shared.contracts.values import Party, UserKind
from shared.database.engine import create_engine
from shared.ids import new_id
from shared.messaging.unit_of_work import Origin
from tests.support.house import House
from users.app import create_app
from users.models import HeldRole, User
from users.passwords import hash_password
from users.settings import UsersSettings
from users.unit_of_work import UsersUnitOfWork

MIGRATIONS = Path(users.__file__).parent / "migrations"
PASSWORD = "correct horse battery"
SCHOOL, BRANCH, OTHER_BRANCH = SchoolId(1), BranchId(10), BranchId(20)


@dataclass
class Service:
    """The app, and the people of a test."""

    house: House
    app: FastAPI
    client: httpx.AsyncClient

    engine: AsyncEngine

    def work(self) -> UsersUnitOfWork:
        """On an engine apart from the app's: statements can be counted without the relay's."""
        return UsersUnitOfWork.open(
            self.engine, Origin("test", str(new_id())), self.app.state.road.relay.wake
        )

    def as_(self, code: str, role: Role, branches: list[int] | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.house.token(code, {role: branches})}"}

    async def add(self, *users: User, roles: dict[str, HeldRole] | None = None) -> None:
        async with self.work() as uow:
            uow.users.add(*users)
            await uow.users.flush()
            held = {UserCode(code): frozenset({role}) for code, role in (roles or {}).items()}
            await uow.role_assignments.replace(held)
            await uow.commit()

    async def rows(self, query: str, **parameters: Any) -> list[Any]:
        async with self.work() as uow:
            return list((await uow.session.execute(text(query), parameters)).all())

    async def said(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the messages of this type, in order."""
        return [
            row.body for row in await self.rows("SELECT body FROM outbox WHERE type = :k ORDER BY id", k=kind)
        ]

    async def log_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        form = {"grant_type": "password", "username": username, "password": password}
        return await self.client.post("/oauth/token", data=form)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.client.post(
            "/oauth/token", data={"grant_type": "refresh_token", "refresh_token": token}
        )


def student(code: str, branch: BranchId = BRANCH, **details: Any) -> User:
    user = User.register(UserCode(code), UserKind.STUDENT, now(), **details)
    user.place(SCHOOL, branch)
    return user


def colleague(code: str, branch: BranchId | None = BRANCH, **details: Any) -> User:
    user = User.register(UserCode(code), UserKind.STAFF, now(), family_name=code, **details)
    user.place(SCHOOL, branch)
    return user


@pytest.fixture(scope="session")
async def migrated(house: House) -> House:
    await house.migrate("users")
    return house


@pytest.fixture(scope="session")
async def with_password() -> Callable[[User], User]:
    known = await hash_password(PASSWORD)

    def give(user: User) -> User:
        user.password_hash = known
        return user

    return give


@asynccontextmanager
async def _service(
    house: House, client: Callable[[FastAPI], AbstractAsyncContextManager[httpx.AsyncClient]]
) -> AsyncIterator[Service]:
    await house.purge(Party.USERS)
    await house.empty("users")
    app = create_app(house.settings(UsersSettings, "users", signing_key_file=house.signing_key_file))
    engine = create_engine(house.app_url("users"), size=2)
    async with client(app) as caller:
        built = Service(house, app, caller, engine)
        await built.add(colleague("manager"), roles={"manager": HeldRole(Role.APPLICATION_MANAGER)})
        yield built
    await engine.dispose()
    await app.state.road.engine.dispose()


@pytest.fixture
async def service(migrated: House) -> AsyncIterator[Service]:
    """With one application manager, `manager`, who is the client's caller. Messages stay in the outbox."""

    def client(app: FastAPI) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://test",
            headers={"Authorization": f"Bearer {migrated.token()}"},
        )

    async with _service(migrated, client) as built:
        yield built


@pytest.fixture
async def service_on_the_road(migrated: House) -> AsyncIterator[Service]:
    """The same, sending and receiving."""
    async with _service(migrated, migrated.client) as built:
        yield built
