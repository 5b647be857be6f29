"""The desktop in this process, over a database of its own."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from desktop_sync.app import create_app
from desktop_sync.settings import DesktopSettings
from shared.contracts.values import Party
from tests.desktop_sync.desk import Desk
from tests.support.house import House


@pytest.fixture(scope="session")
async def desktop_app(house: House) -> FastAPI:
    await house.migrate("desktop_sync")
    return create_app(house.settings(DesktopSettings, "desktop_sync"))


@pytest.fixture(scope="package")
async def running_desktop(house: House, desktop_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    await house.purge(Party.DESKTOP)
    async with house.client(desktop_app) as client:
        yield client


@pytest.fixture
async def desk(house: House, desktop_app: FastAPI, running_desktop: httpx.AsyncClient) -> Desk:
    """An empty desktop, seen by the application manager: its door, its database, its reactions."""
    await house.empty("desktop_sync")
    return Desk(running_desktop, desktop_app.state.road.engine, house)
