"""What was done for departures."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.ids import DepartureId
from shared.database.among import among
from users.models import DepartureWork


class DepartureWorks:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, departures: Iterable[DepartureId]) -> dict[DepartureId, DepartureWork]:
        """The work of these departures, as far as there is any."""
        query = select(DepartureWork).where(among(DepartureWork.departure, departures))
        return {work.departure: work for work in await self._session.scalars(query)}

    def add(self, *works: DepartureWork) -> None:
        self._session.add_all(works)
