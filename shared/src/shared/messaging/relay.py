"""The relay: outbox → RabbitMQ. One leader per service keeps the order; the others stand by.

Several relays over SKIP LOCKED reorder, and a cursor `id > last` loses rows that commit late: so a
PostgreSQL advisory lock, and always the oldest rows that are not published.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.exceptions import DeliveryError
from sqlalchemy import RowMapping, Select, bindparam, case, func, null, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from yarl import URL

from shared.contracts.message import COMMANDS, FACTS, Contracts
from shared.contracts.values import Party
from shared.messaging.backoff import keep_running
from shared.messaging.tables import outbox
from shared.messaging.wire import to_amqp

log = logging.getLogger(__name__)

BATCH = 200
CONFIRM_SECONDS = 5.0
POLL_SECONDS = 1.0
PROBE_SECONDS = 5.0
_LOCK = 0x446F6F72  # "Door": the advisory lock of the relay, in each service's own database
_CHANNEL = "doorstroom_outbox"


# Says something about a message's type (nobody has a queue for it, or we no longer know it), not the broker.
_RETURNED = (DeliveryError, KeyError)


class BrokerLost(Exception):
    """The broker closed our channel, or did not confirm in time; what was not confirmed is sent again."""


class Relay:
    """Publishes committed outbox rows, confirmed, in order; a row may be sent twice, never not at all.

    A type whose messages come back waits in the outbox and lets the others pass; its oldest row is tried
    every few seconds.
    """

    def __init__(self, engine: AsyncEngine, amqp_url: str, contracts: Contracts) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._amqp_url = amqp_url
        self._contracts = contracts
        self._woken = asyncio.Event()
        self._returned: set[str] = set()
        self._probe_at = 0.0
        self.is_ready = False
        """Connected as the leader, or standing by."""

    def wake(self) -> None:
        """There is something in the outbox. Without it the relay looks once a second."""
        self._woken.set()

    async def run(self) -> None:
        """Lead or stand by until cancelled."""
        await keep_running("the relay", self._lead_or_stand_by, log)

    async def _lead_or_stand_by(self) -> None:
        async with self._engine.connect() as database:
            try:
                while not await database.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
                    self.is_ready = True
                    if await self._wait():
                        await database.execute(text(f"NOTIFY {_CHANNEL}"))
                self.is_ready = False
                raw = await database.get_raw_connection()
                await raw.driver_connection.add_listener(_CHANNEL, lambda *_: self._woken.set())  # type: ignore[union-attr]
                await self._lead(database)
            finally:
                self.is_ready = False
                # The lock belongs to the connection: never back into the pool with it.
                await database.invalidate()

    async def _wait(self) -> bool:
        """Until woken (True) or the poll is due (False)."""
        try:
            async with asyncio.timeout(POLL_SECONDS):  # wait_for may swallow a cancellation
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    async def _lead(self, database: AsyncConnection) -> None:
        async with self._broker() as (channel, exchanges):
            while not channel.is_closed:
                if await self._publish_waiting(database, exchanges) < BATCH:
                    await self._wait()
        raise BrokerLost

    @asynccontextmanager
    async def _broker(self) -> AsyncIterator[tuple[AbstractChannel, dict[str, AbstractExchange]]]:
        # A connection of its own: under a resource alarm the broker blocks publishers, and only them.
        connection = await aio_pika.connect(self._amqp_url, timeout=5)
        try:
            channel: AbstractChannel = await connection.channel(on_return_raises=True)
            exchanges = {name: await channel.get_exchange(name) for name in (COMMANDS, FACTS)}
            self.is_ready = True
            yield channel, exchanges
        finally:
            self.is_ready = False
            with suppress(Exception):
                async with asyncio.timeout(2):
                    await connection.close()

    async def _publish_waiting(
        self, database: AsyncConnection, exchanges: dict[str, AbstractExchange]
    ) -> int:
        """Publish the oldest waiting rows; returns how many there were."""
        rows = (await database.execute(self._waiting())).mappings().all()
        results = await self._publish(rows, exchanges)
        await self._mark(database, [row for row, error in zip(rows, results, strict=True) if error is None])
        self._note_returned(rows, results)
        for error in results:
            if error is not None and not isinstance(error, _RETURNED):
                raise BrokerLost from error
        return len(rows)

    def _waiting(self) -> Select[Any]:
        waiting = select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id).limit(BATCH)
        if not self._returned:
            return waiting
        held = outbox.c.type.in_(self._returned)
        now = asyncio.get_running_loop().time()
        if now < self._probe_at:
            return waiting.where(~held)
        self._probe_at = now + PROBE_SECONDS
        oldest = select(func.min(outbox.c.id)).where(outbox.c.published_at.is_(None), held)
        return waiting.where(or_(~held, outbox.c.id.in_(oldest.group_by(outbox.c.type))))

    def _note_returned(self, rows: Sequence[RowMapping], results: Sequence[BaseException | None]) -> None:
        """Hold back the types that came back, and let go those that no longer do."""
        back = {row["type"] for row, error in zip(rows, results, strict=True) if isinstance(error, _RETURNED)}
        gone = {row["type"] for row, error in zip(rows, results, strict=True) if error is None} - back
        for kind in sorted(back - self._returned):
            log.warning("messages come back from the broker and wait", extra={"type": kind})
        for kind in sorted(self._returned & gone):
            log.info("messages no longer come back from the broker", extra={"type": kind})
        self._returned = (self._returned | back) - gone

    async def _publish(
        self, rows: Sequence[RowMapping], exchanges: dict[str, AbstractExchange]
    ) -> list[BaseException | None]:
        async def publish(row: RowMapping) -> None:
            contract = self._contracts.by_type[row["type"]]
            # A fact that only outsiders hear may have no queue; every other message must reach one.
            mandatory = bool(contract.receivers - {Party.AUTOMATION})
            await exchanges[contract.exchange].publish(
                to_amqp(row, self._user), row["type"], mandatory=mandatory, timeout=CONFIRM_SECONDS
            )

        return await asyncio.gather(*map(publish, rows), return_exceptions=True)

    @property
    def _user(self) -> str:
        """Our RabbitMQ user: `user_id` must be the login of the connection, or the broker closes it."""
        return URL(self._amqp_url).user or "guest"

    async def _mark(self, database: AsyncConnection, rows: Sequence[RowMapping]) -> None:
        personal = [kind for kind, contract in self._contracts.by_type.items() if contract.personal]
        mark: Any = (
            update(outbox)
            .where(outbox.c.id == func.any(bindparam("ids")))
            .values(
                published_at=func.now(),
                body=case((outbox.c.type.in_(personal), null()), else_=outbox.c.body),
            )
        )
        if rows:
            await database.execute(mark, {"ids": [row["id"] for row in rows]})
