"""A database of the tests' own, a queue for each test, and waits short enough for a test."""

from collections.abc import AsyncIterator
from datetime import timedelta

import aio_pika
import pytest

from shared.database.engine import create_engine
from shared.database.provision import provision
from shared.ids import new_id
from shared.messaging import backoff, consumer, relay, retry, tables
from tests.shared.messaging import road
from tests.support.house import House


@pytest.fixture(scope="session")
async def road_database(house: House) -> str:
    await provision(house.servers.database_url, house.owner_url("road"), house.app_url("road"))
    engine = create_engine(house.owner_url("road"), size=1)
    async with engine.begin() as database:
        for metadata in (tables.metadata, road.metadata):
            await database.run_sync(metadata.drop_all)
            await database.run_sync(metadata.create_all)
    await engine.dispose()
    return house.owner_url("road")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (backoff, consumer):
        monkeypatch.setattr(module, "FIRST_WAIT", 0.02)
        monkeypatch.setattr(module, "LONGEST_WAIT", 0.2)
    monkeypatch.setattr(relay, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(relay, "PROBE_SECONDS", 0.3)
    monkeypatch.setattr(consumer, "RETRY_POLL_SECONDS", 0.02)
    monkeypatch.setattr(retry, "DELAYS", (timedelta(milliseconds=20),) * 4)


@pytest.fixture
async def bench(house: House, road_database: str) -> AsyncIterator[road.Bench]:
    """Empty tables, an empty queue."""
    connection = await aio_pika.connect(house.servers.amqp_url, timeout=10)
    async with connection:
        queue = f"test.road.{new_id().hex}"
        servers = house.servers
        channel = await connection.channel()
        built = road.Bench(road_database, servers.amqp_url, queue, channel, servers.amqp_management_url)
        await built.empty()
        await built.declare()
        yield built
        for service in built.services:
            await service.engine.dispose()
        await built.channel.queue_delete(queue)


@pytest.fixture
def service(bench: road.Bench) -> road.Service:
    return bench.service()
