"""One loop per queue: take what is there (up to 200), apply it in one transaction, ack it all at once."""

import asyncio
import logging
from contextlib import suppress

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from shared.database.engine import database_is_away
from shared.messaging.applier import Applier
from shared.messaging.backoff import FIRST_WAIT, LONGEST_WAIT, keep_running
from shared.messaging.wire import from_amqp

log = logging.getLogger(__name__)

PREFETCH, BATCH = 400, 200
LINGER_SECONDS = 0.05
"""When messages come in crowds we wait so long for more: a crowd costs as many statements as one message."""
WATCH_SECONDS = 15.0
RETRY_POLL_SECONDS = 1.0


class ConsumerLost(Exception):
    """Our channel is closed, or the queue has no consumer though we believe to be one: start over."""


class Consumer:
    """Brings a queue's messages to the applier. Nothing is acked before its transaction is committed."""

    def __init__(self, amqp_url: str, queue: str, applier: Applier) -> None:
        self._amqp_url = amqp_url
        self._queue = queue
        self._applier = applier
        self.is_connected = False

    async def run(self) -> None:
        """Consume and retry until cancelled; survives the broker and the database being away."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_running("the consumer", self._consume, log))
            tasks.create_task(keep_running("the retries", self._retry_due, log))

    async def _consume(self) -> None:
        connection = await aio_pika.connect(self._amqp_url, timeout=5)
        try:
            async with asyncio.TaskGroup() as tasks:
                channel = await connection.channel(publisher_confirms=False)
                await channel.set_qos(prefetch_count=PREFETCH)
                queue = await channel.get_queue(self._queue)
                arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
                cancelled = asyncio.Event()
                (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(
                    lambda _: cancelled.set()
                )
                await queue.consume(arrived.put)
                self.is_connected = True
                tasks.create_task(self._apply_batches(arrived))
                tasks.create_task(self._watch(queue, cancelled))
                # Not the connection's: that one is told only of our own close.
                await channel.closed()
                raise ConsumerLost
        finally:
            self.is_connected = False
            with suppress(Exception):
                async with asyncio.timeout(2):
                    await connection.close()

    async def _apply_batches(self, arrived: asyncio.Queue[AbstractIncomingMessage]) -> None:
        batch: list[AbstractIncomingMessage] = []
        while True:
            is_busy = len(batch) > 1
            batch = [await arrived.get()]
            if is_busy:
                await asyncio.sleep(LINGER_SECONDS)
            while len(batch) < BATCH and not arrived.empty():
                batch.append(arrived.get_nowait())
            await self._apply_until_done(batch)
            await batch[-1].ack(multiple=True)

    async def _apply_until_done(self, batch: list[AbstractIncomingMessage]) -> None:
        wait = FIRST_WAIT
        while True:
            try:
                return await self._applier.apply([from_amqp(message) for message in batch])
            except Exception as error:
                if not database_is_away(error):
                    raise
                if wait == FIRST_WAIT:
                    log.warning("the database is away, nothing is acked", exc_info=error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    async def _watch(self, queue: AbstractQueue, cancelled: asyncio.Event) -> None:
        """A queue deleted or a broker gone may be silent: hear a cancel, and ask whether anybody listens."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH_SECONDS):
                    await cancelled.wait()
                    raise ConsumerLost
            async with asyncio.timeout(5):
                state = await queue.declare()
            if not state.consumer_count:
                raise ConsumerLost

    async def _retry_due(self) -> None:
        while True:
            while await self._applier.retry_one():
                pass
            await asyncio.sleep(RETRY_POLL_SECONDS)
