"""The desktop over real servers: migrated once, emptied before each test that writes."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from desktop_sync.app import create_app
from desktop_sync.settings import DesktopSettings
from tests.desktop_sync.desk import Desk
from tests.support.house import House


@pytest.fixture(scope="session")
async def migrated(house: House) -> House:
    await house.migrate("desktop_sync")
    return house


@pytest.fixture
async def app(migrated: House) -> FastAPI:
    await migrated.empty("desktop_sync")
    return create_app(migrated.settings(DesktopSettings, "desktop_sync"))


@pytest.fixture
async def client(app: FastAPI, migrated: House) -> AsyncIterator[httpx.AsyncClient]:
    """The application manager at the desktop's door."""
    async with migrated.client(app) as client:
        yield client


@pytest.fixture
async def desk(app: FastAPI, client: httpx.AsyncClient) -> Desk:
    """The running desktop: its door, its database, its reactions."""
    return Desk(client, app.state.road.engine)
