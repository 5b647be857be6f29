"""The proxy of the fault tests, on handmade bytes and between real clients and real servers."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from struct import pack
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika
import asyncpg
import pytest
from aio_pika.abc import AbstractChannel, AbstractQueue
from pamqp import commands
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.frame import marshal
from pamqp.header import ContentHeader, ProtocolHeader
from sqlalchemy import Integer, column, insert, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from local_stack.servers import Servers
from tests.support.proxy import (
    Action,
    Commit,
    Delivery,
    Kind,
    Moment,
    Proxy,
    Publish,
    cut,
    cut_after,
    delay,
    hold,
    kill,
    kill_after,
    swallow,
)
from tests.support.proxy.amqp import Amqp
from tests.support.proxy.frames import Direction, UnreadableError
from tests.support.proxy.moments import Sight, writing
from tests.support.proxy.postgres import Postgres

Killing = tuple[Moment, Callable[[Callable[[], int]], Action]]
LOST = (ConnectionError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(5):
        while not await condition():  # noqa: ASYNC110  # a server can only be asked
            await asyncio.sleep(0.02)


# Handmade bytes


def message(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return kind.encode() + pack(">I", len(body) + 4) + body


def text(words: str) -> bytes:
    return words.encode() + b"\0"


def startup(code: int, *parts: bytes) -> bytes:
    body = pack(">I", code) + b"".join(parts)
    return pack(">I", len(body) + 4) + body


def fed(way: Direction, data: bytes, size: int) -> list[Sight]:
    """The sights in these bytes; whatever the chunks, all bytes must come out, in order."""
    units = [unit for at in range(0, len(data), size) for unit in way.feed(data[at : at + size])]
    assert b"".join(unit.raw for unit in units) + way.rest() == data
    return [unit.sight for unit in units if unit.sight]


GREETING = startup(3 << 16, text("user"), text("portal"), b"\0")
BEGIN = message("Q", text("BEGIN;"))
PREPARE = message("P", text("s1"), text("INSERT INTO outbox VALUES ($1)"), pack(">H", 0))
BIND = message("B", text(""), text("s1"), pack(">HHH", 0, 0, 0))
EXECUTE = message("E", text(""), pack(">I", 0))
SYNC = message("S")
COMMIT = message("Q", text("COMMIT;"))
READY, BUSY = message("Z", b"I"), message("Z", b"T")
COMMITTED, ROLLED_BACK = message("C", text("COMMIT")), message("C", text("ROLLBACK"))


@pytest.mark.parametrize("size", [1, 3, 7, 64, 10_000])
def test_a_prepared_statement_counts_in_each_transaction_that_uses_it(size: int) -> None:
    wire = Postgres()
    used = BIND + EXECUTE + SYNC
    assert fed(wire.from_client, GREETING + BEGIN + PREPARE + used, size) == []
    [first] = fed(wire.from_client, COMMIT, size)
    assert "INSERT INTO outbox VALUES ($1)" in first.about
    [reply] = fed(wire.from_server, BUSY + message("C", text("INSERT 0 1")) + BUSY + COMMITTED + READY, size)
    assert reply.kind == Kind.COMMIT_REPLY
    assert set(reply.about) == set(first.about)

    [empty] = fed(wire.from_client, BEGIN + COMMIT, size)
    assert Commit.sent(wrote="outbox").counts(empty) is False
    assert fed(wire.from_server, BUSY + ROLLED_BACK + READY, size) == []

    [again] = fed(wire.from_client, BEGIN + used + COMMIT, size)
    assert Commit.sent(wrote="outbox").counts(again) is True


@pytest.mark.parametrize("size", [1, 5, 10_000])
def test_a_commit_may_come_by_the_extended_protocol(size: int) -> None:
    wire = Postgres()
    parse = message("P", text("c"), text("commit"), pack(">H", 0)) + message("D", b"S", text("c")) + SYNC
    bind = message("B", text("p"), text("c"), pack(">HHH", 0, 0, 0))
    assert fed(wire.from_client, GREETING + parse, size) == []
    [sight] = fed(wire.from_client, bind + message("E", text("p"), pack(">I", 0)) + SYNC, size)
    assert sight.kind == Kind.COMMIT_SENT


@pytest.mark.parametrize("size", [1, 10_000])
def test_encryption_is_asked_for_and_refused(size: int) -> None:
    wire = Postgres()
    assert fed(wire.from_client, startup(80877104) + startup(80877103), size) == []
    assert fed(wire.from_server, b"NN", size) == []
    fed(wire.from_client, GREETING, size)
    [sight] = fed(wire.from_client, COMMIT, size)
    assert sight.kind == Kind.COMMIT_SENT


def test_an_encrypted_wire_is_no_silent_wire() -> None:
    wire = Postgres()
    fed(wire.from_client, startup(80877103), 100)
    with pytest.raises(UnreadableError):
        fed(wire.from_server, b"S", 100)


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("INSERT INTO outbox (id) VALUES ($1)", True),
        ('update only portal."outbox" set published_at = now()', True),
        ("WITH done AS (DELETE FROM outbox RETURNING id) SELECT * FROM done", True),
        ("SELECT * FROM outbox FOR UPDATE", False),
        ("INSERT INTO outbox_archive SELECT * FROM outbox", False),
    ],
)
def test_a_table_is_written_or_only_read(sql: str, writes: bool) -> None:
    assert bool(writing("outbox").search(sql)) is writes


def published(channel: int, key: str, *bodies: bytes) -> list[bytes]:
    header = ContentHeader(body_size=sum(map(len, bodies)), properties=commands.Basic.Properties())
    method = commands.Basic.Publish(exchange="doorstroom.facts", routing_key=key)
    return [
        marshal(method, channel),
        marshal(header, channel),
        *(marshal(ContentBody(b), channel) for b in bodies),
    ]


@pytest.mark.parametrize("size", [1, 6, 50, 10_000])
def test_a_message_is_whole_whatever_comes_between(size: int) -> None:
    method, header, first, second = published(1, "users.account.archived.v1", b"x" * 300, b"\xce" * 20)
    other = b"".join(published(2, "portal.empty.v1"))
    ack = marshal(commands.Basic.Ack(7), 3)
    data = marshal(ProtocolHeader(), 0) + method + header + other + first + ack + second
    way = Amqp().from_client
    units = [unit for at in range(0, len(data), size) for unit in way.feed(data[at : at + size])]
    assert [unit.sight for unit in units] == [
        None,
        Sight(Kind.PUBLISH_SENT, ("portal.empty.v1",)),
        Sight(Kind.DELIVERY_ACK),
        Sight(Kind.PUBLISH_SENT, ("users.account.archived.v1",)),
    ]
    assert units[3].raw == method + header + first + second


def test_from_the_server_an_ack_is_a_confirm() -> None:
    parts: list[Frame | ContentHeader | ContentBody] = [
        commands.Basic.Deliver("consumer", 9, False, "doorstroom.facts", "users.account.archived.v1"),
        ContentHeader(body_size=2, properties=commands.Basic.Properties()),
        ContentBody(b"{}"),
        commands.Basic.Ack(1, True),
    ]
    data = b"".join(marshal(part, 1) for part in parts)
    assert fed(Amqp().from_server, data, 4) == [
        Sight(Kind.DELIVERY_SENT, ("users.account.archived.v1",)),
        Sight(Kind.PUBLISH_CONFIRM),
    ]


# Real PostgreSQL


@pytest.fixture(scope="module")
async def database_url(servers: Servers) -> str:
    """A database of our own: others use the same server."""
    connection = await asyncpg.connect(servers.database_url)
    await connection.execute("DROP DATABASE IF EXISTS test_proxy WITH (FORCE)")
    await connection.execute("CREATE DATABASE test_proxy")
    await connection.close()
    return urlsplit(servers.database_url)._replace(path="/test_proxy").geturl()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The way around the proxy; each test gets empty tables."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "DROP TABLE IF EXISTS outbox, inbox; CREATE TABLE outbox (id int); CREATE TABLE inbox (id int)"
    )
    yield connection
    await connection.close()


@pytest.fixture
async def postgres(database_url: str, database: asyncpg.Connection) -> AsyncIterator[Proxy]:
    url = urlsplit(database_url)
    async with Proxy.postgres(url.hostname or "", url.port or 5432) as wire:
        yield wire


@pytest.fixture
async def service(database_url: str, postgres: Proxy) -> AsyncIterator[asyncpg.Connection]:
    """A connection through the proxy."""
    connection = await asyncpg.connect(postgres.through(database_url), command_timeout=2)
    yield connection
    connection.terminate()


async def write(connection: asyncpg.Connection, number: int, table: str = "outbox") -> None:
    async with connection.transaction():
        await connection.fetch(f"SELECT * FROM {table}")
        await connection.execute(f"INSERT INTO {table} VALUES ($1)", number)


async def rows(connection: asyncpg.Connection, table: str = "outbox") -> list[int]:
    return [row["id"] for row in await connection.fetch(f"SELECT id FROM {table} ORDER BY id")]


async def test_a_lost_reply_does_not_mean_not_done(
    postgres: Proxy, service: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    fault = postgres.at(Commit.reply(), cut)
    with pytest.raises(LOST):
        await write(service, 1)
    await fault.happened()
    assert await rows(database) == [1]


@pytest.mark.parametrize(("action", "written"), [(cut, []), (cut_after, [1])])
async def test_a_commit_arrives_or_does_not(
    postgres: Proxy,
    service: asyncpg.Connection,
    database: asyncpg.Connection,
    action: Action,
    written: list[int],
) -> None:
    fault = postgres.at(Commit.sent(), action)
    with pytest.raises(LOST):
        await write(service, 1)
    await fault.happened()
    await until_alone(database)
    assert await rows(database) == written


async def until_alone(database: asyncpg.Connection) -> None:
    """The server has seen that the client is gone."""
    others = "datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    await until(lambda: database.fetchval(f"SELECT count(*) = 0 FROM pg_stat_activity WHERE {others}"))


async def test_only_transactions_that_wrote_the_table_count(
    postgres: Proxy, service: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    third = postgres.at(Commit.sent(nth=3, wrote="outbox"), cut)
    reads = postgres.at(Commit.reply(nth=2, wrote=r"SELECT .* FROM inbox"))
    await service.execute("INSERT INTO outbox VALUES (0)")  # its own transaction: there is no COMMIT
    for number in (1, 2):
        await write(service, number)
        await write(service, number, "inbox")
        async with service.transaction():
            await service.fetch("SELECT * FROM outbox FOR UPDATE")
    await reads.happened(timeout=1)
    assert third.count == 2
    assert postgres.seen[Kind.COMMIT_SENT] == postgres.seen[Kind.COMMIT_REPLY] == 6
    with pytest.raises(LOST):
        await write(service, 3)
    await third.happened()
    await until_alone(database)
    assert (await rows(database), await rows(database, "inbox")) == ([0, 1, 2], [1, 2])


async def test_it_sees_what_sqlalchemy_does(
    database_url: str, postgres: Proxy, database: asyncpg.Connection
) -> None:
    outbox = table("outbox", column("id", Integer))
    engine = create_async_engine(postgres.through(database_url).replace(":", "+asyncpg:", 1))
    fault = postgres.at(Commit.reply(nth=2, wrote="outbox"), cut)
    for number in (1, 2):
        async with engine.connect() as connection:
            await connection.execute(select(outbox))
            await connection.commit()
            await connection.execute(insert(outbox), [{"id": number}, {"id": number + 10}])
            if fault.count:
                with pytest.raises((DBAPIError, *LOST)):
                    await connection.commit()
            else:
                await connection.commit()
    await fault.happened()
    await engine.dispose()
    assert await rows(database) == [1, 2, 11, 12]


async def test_a_swallowed_reply_is_waited_for(
    postgres: Proxy, service: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    postgres.at(Commit.reply(), swallow)
    with pytest.raises(TimeoutError):
        await write(service, 1)
    assert await rows(database) == [1]


async def test_a_held_commit_waits_for_the_test(
    postgres: Proxy, service: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    held = hold()
    fault = postgres.at(Commit.sent(), held)
    writing = asyncio.create_task(write(service, 1))
    await fault.happened()
    assert await rows(database) == []
    held.release()
    await writing
    assert await rows(database) == [1]


async def test_a_delay_delays_and_then_another_action_follows(
    postgres: Proxy, service: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    started = asyncio.get_running_loop().time()
    postgres.at(Commit.reply(), delay(0.3))
    await write(service, 1)
    assert asyncio.get_running_loop().time() - started >= 0.3
    postgres.at(Commit.reply(), delay(0.1), cut_after)
    await write(service, 2)
    with pytest.raises(LOST):
        await write(service, 3)
    assert await rows(database) == [1, 2]


WRITER = """
import asyncio, asyncpg, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    for number in (1, 2, 3):
        async with connection.transaction():
            await connection.execute("INSERT INTO outbox VALUES ($1)", number)
        print(number, flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        ((Commit.sent(2, wrote="outbox"), kill), [1]),
        ((Commit.sent(2, wrote="outbox"), kill_after), [1, 2]),
        ((Commit.reply(2, wrote="outbox"), kill), [1, 2]),
    ],
)
async def test_a_service_is_killed_at_the_moment(
    database_url: str, postgres: Proxy, database: asyncpg.Connection, moment: Killing, written: list[int]
) -> None:
    process: asyncio.subprocess.Process
    fault = postgres.at(moment[0], moment[1](lambda: process.pid))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, postgres.through(database_url), stdout=asyncio.subprocess.PIPE
    )
    await fault.happened()
    said, _ = await process.communicate()
    assert process.returncode == -signal.SIGKILL
    await until_alone(database)
    assert await rows(database) == written
    assert said.split()[0] == b"1"


async def test_a_server_that_is_away_and_back(
    database_url: str, postgres: Proxy, service: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    await postgres.refuse()
    with pytest.raises(LOST):
        await write(service, 1)
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.connect(postgres.through(database_url))
    await postgres.accept()
    again = await asyncpg.connect(postgres.through(database_url))
    await write(again, 2)
    await again.close()
    assert await rows(database) == [2]


async def test_what_goes_wrong_is_told(
    postgres: Proxy, service: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    fault = postgres.at(Commit.sent(), kill(os.getpid()))
    with pytest.raises(TimeoutError, match=r"^commit sent #1 did not come in 0\.1 s: 0 seen$"):
        await fault.happened(timeout=0.1)
    with pytest.raises(LOST):
        await write(service, 1)
    with pytest.raises(ValueError, match="not a service's process"):
        await fault.happened()
    with pytest.raises(ValueError, match="not a service's process"):
        await postgres.__aexit__(None, None, None)
    postgres.failures.clear()


async def test_many_rows_and_large_values_pass_unchanged(
    postgres: Proxy, service: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    numbers = range(20_000)
    await service.executemany("INSERT INTO outbox VALUES ($1)", [(number,) for number in numbers])
    assert await rows(service) == list(numbers)
    large = "é" * 4_000_000
    assert await service.fetchval("SELECT $1::text", large) == large


# Real RabbitMQ


@pytest.fixture
async def queue(servers: Servers) -> AsyncIterator[AbstractQueue]:
    """A new queue, by the way around the proxy."""
    async with await aio_pika.connect(servers.amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(f"proxy-{uuid4()}", durable=True)
        yield queue
        await queue.delete(if_unused=False, if_empty=False)


@pytest.fixture
async def amqp(servers: Servers) -> AsyncIterator[Proxy]:
    url = urlsplit(servers.amqp_url)
    async with Proxy.amqp(url.hostname or "", url.port or 5672) as wire:
        yield wire


@pytest.fixture
async def channel(servers: Servers, amqp: Proxy) -> AsyncIterator[AbstractChannel]:
    """A channel through the proxy, with confirms."""
    connection = await aio_pika.connect(amqp.through(servers.amqp_url))
    yield await connection.channel()
    await connection.close()


async def publish(channel: AbstractChannel, queue: AbstractQueue, bodies: Iterable[str]) -> None:
    for body in bodies:
        message = aio_pika.Message(body.encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, queue.name, timeout=2)


async def ready(queue: AbstractQueue) -> int | None:
    """How many it holds for the next consumer, or None while it has one."""
    state = (await queue.channel.declare_queue(queue.name, passive=True)).declaration_result
    return None if state.consumer_count else state.message_count


async def contents(queue: AbstractQueue, expected: int) -> list[str]:
    async def as_many() -> bool:
        return await ready(queue) == expected

    await until(as_many)
    taken = [await queue.get(no_ack=True) for _ in range(expected)]
    return [message.body.decode() for message in taken]


async def test_a_swallowed_confirm_leaves_the_message_there(
    amqp: Proxy, channel: AbstractChannel, queue: AbstractQueue
) -> None:
    fault = amqp.at(Publish.confirm(nth=2), swallow)
    with pytest.raises(TimeoutError):
        await publish(channel, queue, ["one", "two"])
    await fault.happened()
    assert await contents(queue, 2) == ["one", "two"]


@pytest.mark.parametrize(("action", "there"), [(cut, ["one"]), (cut_after, ["one", "two"])])
async def test_a_publish_arrives_or_does_not(
    amqp: Proxy, channel: AbstractChannel, queue: AbstractQueue, action: Action, there: list[str]
) -> None:
    fault = amqp.at(Publish.sent(nth=2, key=r"^proxy-"), action)
    with pytest.raises((ConnectionError, aio_pika.exceptions.AMQPError)):
        await publish(channel, queue, ["one", "two"])
    await fault.happened()
    assert await contents(queue, len(there)) == there


@pytest.mark.parametrize(("action", "left"), [(cut, ["one"]), (cut_after, [])])
async def test_a_cut_ack_means_delivered_again(
    amqp: Proxy, channel: AbstractChannel, queue: AbstractQueue, action: Action, left: list[str]
) -> None:
    await publish(channel, queue, ["one"])
    fault = amqp.at(Delivery.ack(), action)
    ours = await channel.declare_queue(queue.name, passive=True)
    message = await anext(aiter(ours.iterator()))
    assert amqp.seen[Kind.DELIVERY_SENT] == 1
    assert not message.redelivered
    await message.ack()
    await fault.happened()
    assert await contents(queue, len(left)) == left


async def test_a_held_delivery_comes_when_released(
    amqp: Proxy, channel: AbstractChannel, queue: AbstractQueue
) -> None:
    held = hold()
    fault = amqp.at(Delivery.sent(), held)
    await publish(channel, queue, ["one"])
    got = asyncio.Queue[str]()

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        await message.ack()
        await got.put(message.body.decode())

    consuming = asyncio.create_task((await channel.declare_queue(queue.name, passive=True)).consume(take))
    await fault.happened()
    assert got.empty()
    held.release()
    await consuming
    assert await asyncio.wait_for(got.get(), 5) == "one"


async def test_a_broker_that_is_away_and_back(
    servers: Servers, amqp: Proxy, channel: AbstractChannel, queue: AbstractQueue
) -> None:
    await amqp.refuse()
    with pytest.raises((ConnectionError, aio_pika.exceptions.AMQPError)):
        await publish(channel, queue, ["one"])
    with pytest.raises(ConnectionError):
        await aio_pika.connect(amqp.through(servers.amqp_url))
    await amqp.accept()
    async with await aio_pika.connect(amqp.through(servers.amqp_url)) as connection:
        await publish(await connection.channel(), queue, ["two"])
    assert await contents(queue, 1) == ["two"]


async def test_thousands_of_messages_pass(
    amqp: Proxy, channel: AbstractChannel, queue: AbstractQueue
) -> None:
    watch = amqp.at(Publish.sent(nth=3000))
    async with asyncio.TaskGroup() as sending:
        for number in range(3000):
            sending.create_task(publish(channel, queue, [str(number)]))
    await watch.happened()
    assert watch.count == 3000
    assert await ready(queue) == 3000
