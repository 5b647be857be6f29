"""The private servers: on the loopback alone, back after a kill -9 with all they held, found when lost."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import asyncpg
import httpx
import psutil
import pytest

from local_stack.leftovers import FOLDER as MARK
from local_stack.servers import Servers


def processes_of(folder: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(folder):
                yield process
        except (psutil.Error, OSError):
            continue


async def keep_a_row(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create table if not exists kept (what text)")
    await connection.execute("insert into kept values ('a row')")
    await connection.close()


async def rows(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval("select count(*) from kept")
        return found
    finally:
        await connection.close()


async def keep_a_message(url: str) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True)
        # A queue so young is not on RabbitMQ's disk yet: a kill loses it, with what was confirmed.
        await asyncio.sleep(3)
        message = aio_pika.Message(b"a message", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, "kept")


async def messages(url: str) -> int:
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).declare_queue("kept", durable=True, passive=True)
        return queue.declaration_result.message_count or 0


async def test_every_listener_is_on_the_loopback(own_servers):
    listening = [
        (process.name(), connection.laddr.ip)
        for process in processes_of(own_servers.folder.root)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {name for name, _ in listening} >= {"postgres", "beam.smp", "epmd"}
    assert {address for _, address in listening} <= {"127.0.0.1", "::1"}


async def test_the_pids_are_of_the_processes_that_serve(own_servers):
    assert psutil.Process(own_servers.pids["postgres"]).name() == "postgres"
    assert psutil.Process(own_servers.pids["rabbitmq"]).name() == "beam.smp"


async def test_guest_has_no_account(own_servers):
    async with httpx.AsyncClient(base_url=own_servers.amqp_management_url) as administrator:
        users = (await administrator.get("/api/users")).json()
    assert [user["name"] for user in users] == ["administrator"]


async def test_postgres_syncs_to_disk(own_servers):
    connection = await asyncpg.connect(own_servers.database_url)
    assert await connection.fetchval("show fsync") == "on"
    await connection.close()


@pytest.mark.parametrize(
    ("name", "keep", "count"),
    [("postgres", keep_a_row, rows), ("rabbitmq", keep_a_message, messages)],
)
async def test_back_after_a_kill_with_what_it_held(own_servers, name, keep, count):
    url = own_servers.database_url if name == "postgres" else own_servers.amqp_url
    await keep(url)
    killed, began = own_servers.kill(name), time.monotonic()
    async with asyncio.timeout(15):
        await own_servers.wait_ready(name)
    assert own_servers.pids[name] != killed
    assert await count(url) >= 1, f"lost after {time.monotonic() - began:.1f} s"


async def test_a_lost_run_is_cleared_and_its_ports_and_data_are_kept(own_servers):
    folder = own_servers.folder.root
    await keep_a_row(own_servers.database_url)
    await keep_a_message(own_servers.amqp_url)
    before = {process.pid for process in processes_of(folder)}
    for supervised in own_servers.programs.values():
        supervised.abandon()
    async with asyncio.timeout(30), Servers(folder) as again:
        assert (again.database_url, again.amqp_url) == (own_servers.database_url, own_servers.amqp_url)
        assert not before & {process.pid for process in processes_of(folder)}
        assert await rows(again.database_url) >= 1
        assert await messages(again.amqp_url) >= 1
    assert not list(processes_of(folder))
