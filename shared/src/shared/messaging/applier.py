"""Applying messages: a batch in one transaction; if that fails, one by one, keeping the one that fails."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.message import Command, Message
from shared.database.engine import database_is_away
from shared.messaging import inbox, metrics
from shared.messaging.retry import delay_after, name_of
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.unit_of_work import Origin, UnitOfWork
from shared.messaging.wire import Arrival, Unreadable

log = logging.getLogger(__name__)


class Applier:
    """Takes what arrived to the reactions, once in effect. Raises only when the database is away."""

    def __init__(self, open_work: Callable[[Origin], UnitOfWork], subscriptions: Subscriptions[Any]) -> None:
        self._open_work = open_work
        self._subscriptions = subscriptions

    def _work(self) -> UnitOfWork:
        return self._open_work(Origin(actor=self._subscriptions.party, correlation_id="-"))

    async def apply(self, arrivals: Sequence[Arrival]) -> None:
        """Apply a batch; afterwards each is applied, kept for a retry, or parked: all may be acked."""
        distinct = list({arrival.id: arrival for arrival in arrivals}.values())
        try:
            await self._apply_together(distinct)
        except Exception as error:
            if database_is_away(error):
                raise
            for arrival in distinct:
                await self._apply_or_keep(arrival)

    async def _apply_together(self, arrivals: Sequence[Arrival]) -> None:
        async with self._work() as uow:
            readable = await self._read_or_park(uow.session, arrivals)
            claimed = await inbox.claim(uow.session, [arrival for arrival, _ in readable])
            batches: dict[tuple[str, type[Message]], list[Message]] = {}
            for arrival, message in readable:
                if arrival.id in claimed:
                    batches.setdefault((arrival.kind, type(message)), []).append(message)
            # Commands first: their reactions lock students, those to facts lock what students refer to.
            for (kind, _), messages in sorted(
                batches.items(), key=lambda item: not issubclass(item[0][1], Command)
            ):
                await self._subscriptions.react(uow, kind, messages)
            await uow.commit()

    async def _read_or_park(
        self, session: AsyncSession, arrivals: Sequence[Arrival]
    ) -> list[tuple[Arrival, Message]]:
        readable = []
        for arrival in arrivals:
            try:
                readable.append((arrival, self._subscriptions.read(arrival)))
            except Unreadable as error:
                log.warning("a message is parked", extra={"message_id": arrival.id, "error": str(error)})
                await inbox.keep(session, arrival, str(error), retry_in=None)
        return readable

    async def _apply_or_keep(self, arrival: Arrival) -> None:
        try:
            await self._apply_together([arrival])
        except Exception as error:
            if database_is_away(error):
                raise
            retry_in = delay_after(error, attempts=1)
            log.warning(
                "a message failed" if retry_in else "a message is parked",
                extra={"message_id": arrival.id, "type": arrival.kind},
                exc_info=error,
            )
            async with self._work() as uow:
                await inbox.keep(uow.session, arrival, name_of(error), retry_in=retry_in)
                if retry_in is None:
                    self._subscriptions.give_up(uow, arrival, name_of(error))
                await uow.commit()

    async def retry_one(self) -> bool:
        """Try the message whose next attempt is due; False when there is none."""
        async with self._work() as uow:
            row = await inbox.next_due(uow.session)
            if row is None:
                return False
            metrics.RETRIED.inc()
            arrival = inbox.arrival_of(row)
            try:
                await self._subscriptions.react(uow, row.type, [self._subscriptions.read(arrival)])
                await inbox.settle(uow.session, row.id)
                await uow.commit()
            except Exception as error:
                if database_is_away(error):
                    raise
                await uow.discard()
                is_read = not isinstance(error, Unreadable)
                retry_in = delay_after(error, row.attempts + 1) if is_read else None
                name = name_of(error) if is_read else str(error)
                await inbox.postpone(uow.session, row.id, row.attempts + 1, name, retry_in=retry_in)
                if is_read and retry_in is None:
                    self._subscriptions.give_up(uow, arrival, name)
                await uow.commit()
        return True
