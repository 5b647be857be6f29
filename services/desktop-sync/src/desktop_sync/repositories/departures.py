from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import DepartureWork
from shared.contracts.ids import DepartureId, ProjectId, StudentCode
from shared.database.among import among


class DepartureWorks:
    """What was done for departures."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, departures: Iterable[DepartureId]) -> dict[DepartureId, DepartureWork]:
        query = select(DepartureWork).where(among(DepartureWork.departure, departures))
        return {work.departure: work for work in await self._session.scalars(query)}

    async def of_students(self, students: Collection[StudentCode]) -> Iterable[DepartureWork]:
        query = select(DepartureWork).where(among(DepartureWork.student_code, students))
        return await self._session.scalars(query)

    async def awaiting(self, project: ProjectId, students: Collection[StudentCode]) -> list[DepartureWork]:
        """The departures for which these students wait in the data check of a project."""
        return [work for work in await self.of_students(students) if project in work.awaits]

    async def all_awaiting(self, project: ProjectId) -> Sequence[StudentCode]:
        """Who waits in the data check of a project because he departs."""
        query = select(DepartureWork.student_code).where(DepartureWork.awaits.contains([project]))
        return (await self._session.scalars(query)).all()

    def add(self, work: DepartureWork) -> None:
        self._session.add(work)
