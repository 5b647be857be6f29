"""The history of students, in every service."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.history_entry import HistoryEntry
from shared.contracts.ids import StudentCode


class HistoryEntries:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, entries: Iterable[HistoryEntry]) -> None:
        self._session.add_all(entries)

    async def find(self, student: StudentCode, entry: UUID) -> HistoryEntry | None:
        """One entry of a student's history."""
        query = select(HistoryEntry).where(HistoryEntry.id == entry, HistoryEntry.student_code == student)
        return await self._session.scalar(query)

    async def later_than(self, entry: HistoryEntry) -> Sequence[HistoryEntry]:
        """What happened to the same student after it, in order."""
        when = tuple_(HistoryEntry.at, HistoryEntry.id)
        query = select(HistoryEntry).where(
            HistoryEntry.student_code == entry.student_code, when > tuple_(entry.at, entry.id)
        )
        return (await self._session.scalars(query.order_by(HistoryEntry.at, HistoryEntry.id))).all()
