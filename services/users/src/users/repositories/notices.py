"""What colleagues are still to be told."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.ids import DepartureId, UserCode
from shared.database.among import among
from shared.database.set_based import inserting, table_of
from users.models import Notice, ToldDeparture


class Notices:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hear(
        self, departures: Collection[DepartureId], at: datetime, *, undone: bool
    ) -> set[DepartureId]:
        """Note what was said of these departures; returns those that are undone, now or before.

        Whoever speaks of one of them at this moment too waits here for the other.
        """
        rows = [{"departure": departure, "undone": undone, "at": at} for departure in sorted(set(departures))]
        said = inserting(table_of(ToldDeparture), rows)
        heard = said.on_conflict_do_update(
            index_elements=[ToldDeparture.departure],
            set_={"undone": ToldDeparture.undone | said.excluded.undone},
        ).returning(ToldDeparture.departure, ToldDeparture.undone)
        return {row.departure for row in await self._session.execute(heard) if row.undone}

    async def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """One a departure and recipient; who is to be told already is told once."""
        if rows:
            await self._session.execute(inserting(table_of(Notice), rows).on_conflict_do_nothing())

    async def take_back(self, departures: Collection[DepartureId]) -> None:
        """Of what was not sent yet."""
        waiting = Notice.ended_at.is_(None)
        await self._session.execute(delete(Notice).where(among(Notice.departure, departures), waiting))

    async def lock_next(self, created_before: datetime, at: datetime) -> Sequence[Notice]:
        """All that the first recipient whose turn has come is to be told.

        Of two replicas the second waits until the first has taken it, and then finds nothing.
        """
        due = (
            Notice.ended_at.is_(None),
            Notice.created_at <= created_before,
            Notice.try_at <= at,
        )
        first = select(Notice.recipient).where(*due).order_by(Notice.try_at, Notice.recipient).limit(1)
        query = select(Notice).where(*due, Notice.recipient == first.scalar_subquery())
        query = query.order_by(Notice.leaves_on, Notice.student, Notice.departure).with_for_update()
        return (await self._session.scalars(query)).all()

    async def lock(self, recipient: UserCode, departures: Collection[DepartureId]) -> Sequence[Notice]:
        """Of these those that still wait."""
        query = select(Notice).where(
            Notice.recipient == recipient, among(Notice.departure, departures), Notice.ended_at.is_(None)
        )
        return (await self._session.scalars(query.order_by(Notice.departure).with_for_update())).all()

    async def forget(self, before: datetime) -> None:
        """What ended so long ago."""
        await self._session.execute(delete(Notice).where(Notice.ended_at < before))
        waited_for = select(Notice.departure).where(Notice.ended_at.is_(None))
        await self._session.execute(
            delete(ToldDeparture).where(ToldDeparture.at < before, ToldDeparture.departure.not_in(waited_for))
        )
