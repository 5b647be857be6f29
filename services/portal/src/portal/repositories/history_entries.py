"""The history of students, in every service."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.history_entry import OF_THE_PERSON, HistoryEntry, HistoryWhat
from shared.contracts.ids import EnrolmentId, StudentCode
from shared.database.among import among
from shared.runtime.access import Scope
from shared.runtime.paging import NewestFirst


class HistoryEntries:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, entries: Iterable[HistoryEntry]) -> None:
        self._session.add_all(entries)

    async def find(self, student: StudentCode, entry: UUID, scope: Scope) -> HistoryEntry | None:
        """One entry of a student's history, if the caller may see it."""
        query = select(HistoryEntry).where(HistoryEntry.id == entry, HistoryEntry.student_code == student)
        return await self._session.scalar(query.where(_visible(scope)))

    async def removals_of(self, students: Collection[StudentCode]) -> dict[EnrolmentId, UUID]:
        """The last removal of each enrolment that these students had."""
        query = (
            select(HistoryEntry.enrolment_id, HistoryEntry.id)
            .where(among(HistoryEntry.student_code, students))
            .where(HistoryEntry.what == HistoryWhat.ENROLMENT_REMOVED)
            .order_by(HistoryEntry.at, HistoryEntry.id)
        )
        return {enrolment: entry for enrolment, entry in await self._session.execute(query) if enrolment}

    async def page(
        self, student: StudentCode, scope: Scope, keyset: NewestFirst, what: HistoryWhat | None
    ) -> Sequence[HistoryEntry]:
        """Of one student what the caller may see, the newest first."""
        query = select(HistoryEntry).where(HistoryEntry.student_code == student, _visible(scope))
        if what is not None:
            query = query.where(HistoryEntry.what == what)
        return (await self._session.scalars(keyset.apply(query))).all()

    async def since(self, student: StudentCode, at: datetime) -> Sequence[HistoryEntry]:
        """Of one student, from that moment on, wherever, in order."""
        query = select(HistoryEntry).where(HistoryEntry.student_code == student, HistoryEntry.at >= at)
        return (await self._session.scalars(query.order_by(HistoryEntry.at, HistoryEntry.id))).all()


def _visible(scope: Scope) -> ColumnElement[bool]:
    """What happened at the caller's branches; what is of the person, to whoever may see the student."""
    at_a_branch = scope.covers(HistoryEntry.branch_id, HistoryEntry.student_code)
    return or_(at_a_branch, HistoryEntry.what.in_(OF_THE_PERSON))
