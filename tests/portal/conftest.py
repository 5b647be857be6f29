"""The portal in this process, over a database of its own, with a small school in it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.app import create_app
from portal.settings import PortalSettings
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.values import Party
from shared.database.engine import create_engine
from shared.messaging.unit_of_work import Origin
from tests.support.house import House
from tests.support.school import project_input


@pytest.fixture(scope="session")
async def portal_app(house: House) -> FastAPI:
    await house.migrate("portal")
    automations = {house.automation: {"role": "student_office", "branches": None}}
    return create_app(house.settings(PortalSettings, "portal", automations=automations))


@pytest.fixture(scope="package")
async def running_portal(house: House, portal_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    await house.purge(Party.PORTAL)
    async with house.client(portal_app) as client:
        yield client


@pytest.fixture
async def portal(house: House, running_portal: httpx.AsyncClient) -> httpx.AsyncClient:
    """An empty portal, seen by the application manager."""
    await house.empty("portal")
    return running_portal


@pytest.fixture
async def school(portal: httpx.AsyncClient) -> SimpleNamespace:
    """Four students of H4 this year, of whom three have a prognosis for H5."""
    year = clock.school_year_of(clock.today())
    now = await portal.post("/imports/project", json=project_input("H4", year, ["101", "102", "103", "104"]))
    later = await portal.post("/imports/project", json=project_input("H5", year + 1, ["101", "102", "103"]))
    assert now.status_code == later.status_code == 200, (now.text, later.text)
    return SimpleNamespace(year=year, now=now.json(), later=later.json())


@pytest.fixture
async def sql(house: House) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """Writes past the portal, as its owner."""
    engine = create_engine(house.owner_url("portal"), size=1)

    async def run(statement: str) -> None:
        async with engine.begin() as database:
            await database.execute(text(statement))

    yield run
    await engine.dispose()


@pytest.fixture
async def engine(house: House, portal_app: FastAPI) -> AsyncIterator[AsyncEngine]:
    """An engine of the test's own: the service's loops must not count."""
    own = create_engine(house.app_url("portal"))
    yield own
    await own.dispose()


@pytest.fixture
def work(engine: AsyncEngine) -> Callable[[], PortalUnitOfWork]:
    """Units of work past the service."""
    return lambda: PortalUnitOfWork.open(engine, Origin("test", "test"))
