"""The portal's door without its road: what comes in by HTTP needs no broker."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from portal.app import create_app
from portal.settings import PortalSettings
from tests.support.house import House


def knocking(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers, timeout=30)


@pytest.fixture(scope="module")
async def app(house: House) -> AsyncIterator[FastAPI]:
    await house.migrate("portal")
    await house.empty("portal")
    built = create_app(house.settings(PortalSettings, "portal"))
    yield built
    await built.state.road.engine.dispose()


@pytest.fixture(scope="module")
async def door(house: House, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with knocking(app, Authorization=f"Bearer {house.token()}") as client:
        yield client
