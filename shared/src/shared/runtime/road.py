"""A service's ends of the messaging road, and the loops that keep it going."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.catalogue import CONTRACTS
from shared.database.engine import create_engine, database_is_away
from shared.messaging.applier import Applier
from shared.messaging.backoff import keep_running
from shared.messaging.consumer import Consumer
from shared.messaging.relay import Relay
from shared.messaging.retention import forget_hourly
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.topology import queue_of
from shared.messaging.unit_of_work import Origin, UnitOfWork
from shared.settings import ServiceSettings

log = logging.getLogger(__name__)

Loop = Callable[["Road"], Awaitable[None]]


class Road:
    """Engine, relay and consumer of one process."""

    def __init__(
        self, settings: ServiceSettings, unit_of_work: type[UnitOfWork], subscriptions: Subscriptions[Any]
    ) -> None:
        amqp_url = settings.amqp_url.get_secret_value()
        self.engine: AsyncEngine = create_engine(settings.database_url.get_secret_value())
        self.relay = Relay(self.engine, amqp_url, CONTRACTS)
        self.consumer = Consumer(
            amqp_url, queue_of(subscriptions.party), Applier(self.open_work, subscriptions)
        )
        self._unit_of_work = unit_of_work

    def open_work(self, origin: Origin) -> Any:
        """A unit of work of the service's kind, which wakes the relay when it commits messages."""
        return self._unit_of_work.open(self.engine, origin, self.relay.wake)

    async def run(self, loops: Sequence[Loop]) -> None:
        """Relay, consume, forget, and the service's own loops, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.relay.run())
                tasks.create_task(self.consumer.run())
                tasks.create_task(keep_running("forgetting", lambda: forget_hourly(self.engine), log))
                for loop in loops:
                    tasks.create_task(keep_running(loop.__name__, lambda loop=loop: loop(self), log))  # type: ignore[misc]
        finally:
            with suppress(Exception):
                await self.engine.dispose()

    async def is_ready(self) -> bool:
        """Whether the database answers and both ends of the road are connected."""
        if not (self.relay.is_ready and self.consumer.is_connected):
            return False
        try:
            async with self.engine.connect() as database:
                await database.execute(text("SELECT 1"))
        except Exception as error:
            if database_is_away(error):
                return False
            raise
        return True
