"""Changes of department, with their steps."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from portal.models.department_change import ChangeState, DepartmentChange
from shared.contracts.ids import DepartmentId, EnrolmentId, StudentCode
from shared.database.among import among
from shared.errors import NotFound
from shared.runtime.access import Scope
from shared.runtime.paging import Keyset

_UNENDED: Final = and_(DepartmentChange.done_at.is_(None), DepartmentChange.undone_at.is_(None))


def _are(state: ChangeState) -> ColumnElement[bool]:
    """`DepartmentChange.state`, as a condition of a query."""
    match state:
        case ChangeState.UNDONE:
            return DepartmentChange.undone_at.is_not(None)
        case ChangeState.DONE:
            return and_(DepartmentChange.done_at.is_not(None), DepartmentChange.undone_at.is_(None))
        case ChangeState.OPEN:
            return and_(_UNENDED, DepartmentChange.is_there)
        case ChangeState.OVERTAKEN:
            return and_(_UNENDED, not_(DepartmentChange.is_there))


class DepartmentChanges:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, changes: Iterable[DepartmentChange]) -> None:
        self._session.add_all(changes)

    async def get(self, change_id: UUID, scope: Scope) -> DepartmentChange:
        """One change with its steps. Raises NotFound."""
        query = select(DepartmentChange).where(
            DepartmentChange.id == change_id, scope.covers(DepartmentChange.branch_id)
        )
        change = await self._session.scalar(query.options(selectinload(DepartmentChange.steps)))
        if change is None:
            raise NotFound
        return change

    async def search(
        self,
        scope: Scope,
        keyset: Keyset,
        *,
        student: StudentCode | None,
        state: ChangeState | None,
        department: DepartmentId | None,
    ) -> Sequence[DepartmentChange]:
        """Changes in the order in which they were made."""
        query = select(DepartmentChange).where(scope.covers(DepartmentChange.branch_id))
        if student is not None:
            query = query.where(DepartmentChange.student_code == student)
        if department is not None:
            query = query.where(DepartmentChange.department_id == department)
        if state is not None:
            query = query.where(_are(state))
        query = keyset.apply(query).options(selectinload(DepartmentChange.steps))
        return (await self._session.scalars(query)).all()

    async def as_they_are(self, changes: Sequence[DepartmentChange]) -> Sequence[DepartmentChange]:
        """These changes in their order, after the enrolments they made were written."""
        ids = [change.id for change in changes]
        query = select(DepartmentChange).where(among(DepartmentChange.id, ids))
        query = query.options(selectinload(DepartmentChange.steps)).execution_options(populate_existing=True)
        found = {change.id: change for change in await self._session.scalars(query)}
        return [found[change] for change in ids]

    async def lock_open_of(
        self, *, enrolments: Collection[EnrolmentId] = (), students: Collection[StudentCode] = ()
    ) -> Sequence[DepartmentChange]:
        """The open changes that made these enrolments, or of these students; locked in one order."""
        wanted = (
            among(DepartmentChange.student_code, students)
            if students
            else among(DepartmentChange.enrolment_id, enrolments)
        )
        query = select(DepartmentChange).where(wanted, _UNENDED).order_by(DepartmentChange.id)
        query = query.options(selectinload(DepartmentChange.steps)).with_for_update()
        return (await self._session.scalars(query)).all()

    async def of_entries(self, entries: Collection[UUID], *, lock: bool) -> dict[UUID, DepartmentChange]:
        """The changes that these entries of the history tell, by entry."""
        query = select(DepartmentChange).where(among(DepartmentChange.history_entry_id, entries))
        query = query.options(selectinload(DepartmentChange.steps))
        found = await self._session.scalars(query.with_for_update() if lock else query)
        return {change.history_entry_id: change for change in found}
