"""A tiny service on the real road: messages and tables of its own, over real servers, one queue a test.

A reaction writes one row of `effect` a message, so that whatever is done twice is seen; `text` says how it
misbehaves.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import aio_pika
import httpx
import pytest
from aio_pika.abc import AbstractChannel
from sqlalchemy import BigInteger, Column, Identity, Integer, Row, Table, Text, Uuid, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from yarl import URL

from shared.contracts.message import COMMANDS, FACTS, Contracts, Fact, Message, parties
from shared.contracts.values import Party
from shared.database.base import new_metadata
from shared.database.engine import create_engine
from shared.errors import Refusal
from shared.ids import new_id
from shared.messaging.applier import Applier
from shared.messaging.consumer import Consumer
from shared.messaging.relay import Relay
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import inbox, outbox
from shared.messaging.unit_of_work import Origin, UnitOfWork
from tests.support.eventually import eventually
from tests.support.proxy import Proxy

metadata = new_metadata()

effect = Table(
    "effect",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("message_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False),
)
single = Table("single", metadata, Column("number", Integer, primary_key=True))


class Noted(Fact):
    type = "road.noted.v1"
    senders = receivers = parties(Party.PORTAL)

    number: int
    text: str = ""


class Named(Noted):
    type = "road.named.v1"
    personal = True


class Unheard(Fact):
    """No queue is bound to it until a test binds one."""

    type = "road.unheard.v1"
    senders = receivers = parties(Party.PORTAL)

    number: int


class Outside(Fact):
    type = "road.outside.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.AUTOMATION)

    number: int


CONTRACTS = Contracts([Noted, Named, Unheard, Outside])


class DoesNotFit(Refusal):
    code = "does_not_fit"


class NotYet(Refusal):
    code = "not_yet"
    retryable = True


@dataclass
class Service:
    """One process's worth of it; a second one on the same tables and queue is a replica."""

    database_url: str
    amqp_url: str
    queue: str
    misbehaves: bool = True
    tries: list[int] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    pause: Callable[[], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        self.engine: AsyncEngine = create_engine(self.database_url, size=4)
        self.subscriptions = Subscriptions[UnitOfWork](Party.PORTAL)
        self.subscriptions.on(Noted, self.note)
        self.subscriptions.on(Named, self.note)
        self.applier = Applier(self.open_work, self.subscriptions)
        self.relay = Relay(self.engine, self.amqp_url, CONTRACTS)
        self.consumer = Consumer(self.amqp_url, self.queue, self.applier)

    def open_work(self, origin: Origin) -> UnitOfWork:
        return UnitOfWork.open(self.engine, origin, self.relay.wake)

    def work(self) -> UnitOfWork:
        return self.open_work(Origin("test", str(new_id())))

    async def note(self, uow: UnitOfWork, messages: Sequence[Noted]) -> None:
        self.batches.append(len(messages))
        for message in messages:
            assert message.envelope
            self.tries.append(message.number)
            if self.misbehaves:
                await self._misbehave(uow, message.text)
        rows = [
            {"message_id": m.envelope.id, "number": m.number, "text": m.text} for m in messages if m.envelope
        ]
        await uow.session.execute(insert(effect), rows)
        uow.publish(*(Outside(number=m.number) for m in messages if m.text == "answer"), because=messages[0])
        if self.pause:
            await self.pause()

    async def _misbehave(self, uow: UnitOfWork, how: str) -> None:
        match how:
            case "half":
                uow.publish(Outside(number=0))
                await uow.session.execute(insert(effect), {"message_id": new_id(), "number": 0, "text": how})
                raise RuntimeError
            case "fail":
                raise RuntimeError("a text that may quote a row")
            case "not yet":
                raise NotYet
            case "does not fit":
                raise DoesNotFit
            case "twice":
                await uow.session.execute(insert(single), [{"number": 1}, {"number": 1}])

    async def send(self, *messages: Message) -> None:
        async with self.work() as uow:
            uow.publish(*messages)
            await uow.commit()

    async def rows(self, query: Any) -> Sequence[Row[Any]]:
        async with self.engine.connect() as database:
            return (await database.execute(query)).all()

    async def outbox(self) -> Sequence[Row[Any]]:
        return await self.rows(select(outbox).order_by(outbox.c.id))

    async def waiting(self) -> list[int]:
        query = select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id)
        return [row.body["number"] for row in await self.rows(query)]

    async def inbox(self) -> Sequence[Row[Any]]:
        return await self.rows(select(inbox).order_by(inbox.c.received_at, inbox.c.id))

    async def states(self) -> list[str]:
        return sorted(row.state for row in await self.inbox())

    async def effects(self) -> list[int]:
        return [row.number for row in await self.rows(select(effect).order_by(effect.c.id))]

    async def applied(self, *numbers: int, seconds: float = 15) -> None:
        """Wait until exactly these have had their effect, in any order; more is a failure at once."""

        async def look() -> bool:
            seen = sorted(await self.effects())
            assert len(seen) <= len(numbers), f"{len(seen)} effects of {len(numbers)} messages"
            return seen == sorted(numbers)

        await eventually(look, seconds=seconds, what="effects")

    async def all_published(self, seconds: float = 15) -> None:
        async def look() -> bool:
            return not await self.waiting()

        await eventually(look, seconds=seconds, what="an empty outbox")

    @asynccontextmanager
    async def running(self, *loops: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Relay and consumer (or these loops) until the block ends; then they stop, and in time."""
        tasks = [asyncio.ensure_future(run()) for run in loops or (self.relay.run, self.consumer.run)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            _, late = await asyncio.wait(tasks, timeout=5)
            assert not late, "not stopped within 5 s"
            failed = [t.exception() for t in tasks if not t.cancelled()]
            assert not failed, failed


@dataclass
class Bench:
    """The servers under a test: its queue, and services over them, through proxies where it wants them."""

    database_url: str
    amqp_url: str
    queue: str
    channel: AbstractChannel
    management_url: str | None
    services: list[Service] = field(default_factory=list)

    def service(self, *, database: Proxy | None = None, broker: Proxy | None = None) -> Service:
        service = Service(
            database.through(self.database_url) if database else self.database_url,
            broker.through(self.amqp_url) if broker else self.amqp_url,
            self.queue,
        )
        self.services.append(service)
        return service

    def postgres(self) -> Proxy:
        parts = urlsplit(self.database_url)
        return Proxy.postgres(parts.hostname or "", parts.port or 5432)

    def rabbitmq(self) -> Proxy:
        parts = urlsplit(self.amqp_url)
        return Proxy.amqp(parts.hostname or "", parts.port or 5672)

    async def declare(self) -> None:
        queue = await self.channel.declare_queue(self.queue, durable=True)
        for message in (Noted, Named):
            await queue.bind(FACTS, message.type)
        for exchange in (FACTS, COMMANDS):
            await queue.bind(exchange, f"{self.queue}.#")

    async def bind(self, kind: str) -> None:
        queue = await self.channel.get_queue(self.queue)
        await queue.bind(FACTS, kind)

    async def depth(self) -> int:
        queue = await self.channel.declare_queue(self.queue, passive=True)
        return queue.declaration_result.message_count or 0

    async def put(self, body: bytes, *, key: str = Noted.type, **properties: Any) -> None:
        """A message by a foreign hand."""
        exchange = await self.channel.get_exchange(FACTS)
        await exchange.publish(aio_pika.Message(body, **properties), key)

    async def put_bare(self, body: bytes, *, key: str = Noted.type) -> None:
        """A message without any property, which aio-pika cannot make."""
        if self.management_url is None:
            pytest.skip("needs the broker's management API")
        url = URL(self.management_url)
        async with httpx.AsyncClient(auth=(url.user or "", url.password or "")) as client:
            vhost = quote(URL(self.amqp_url).path.removeprefix("/") or "/", safe="")
            answer = await client.post(
                str(url.with_user(None) / "api" / "exchanges") + f"/{vhost}/{FACTS}/publish",
                json={
                    "properties": {},
                    "routing_key": key,
                    "payload": body.decode(),
                    "payload_encoding": "string",
                },
            )
            assert answer.json() == {"routed": True}, answer.text

    async def empty(self) -> None:
        engine = create_engine(self.database_url, size=1)
        async with engine.begin() as database:
            await database.execute(text("TRUNCATE outbox, inbox, audit, idempotent_reply, effect, single"))
        await engine.dispose()


def noted(*numbers: int, text: str = "") -> list[Message]:
    return [Noted(number=number, text=text) for number in numbers]


def a_body(number: int, text: str = "") -> bytes:
    return Noted(number=number, text=text).model_dump_json().encode()


def an_id() -> str:
    return str(new_id())


def the(rows: Sequence[Row[Any]], message_id: str | UUID) -> Row[Any]:
    return next(row for row in rows if str(row.id) == str(message_id))
