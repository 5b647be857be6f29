"""The history of students, in every service."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.history_entry import HistoryEntry


class HistoryEntries:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, entries: Iterable[HistoryEntry]) -> None:
        self._session.add_all(entries)
