"""The history of enrolments."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.ended_enrolment import EndedEnrolment
from shared.contracts.ids import EnrolmentId, StudentCode
from shared.database.among import among
from shared.runtime.access import Scope


class EndedEnrolments:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, ended: Iterable[EndedEnrolment]) -> None:
        self._session.add_all(ended)

    async def forget(self, enrolments: Collection[EnrolmentId]) -> None:
        """They have not ended after all."""
        await self._session.execute(delete(EndedEnrolment).where(among(EndedEnrolment.id, enrolments)))

    async def of(self, student: StudentCode, scope: Scope) -> Sequence[EndedEnrolment]:
        """The student's history, oldest first."""
        query = select(EndedEnrolment).where(
            EndedEnrolment.student_code == student,
            scope.covers(EndedEnrolment.branch_id, EndedEnrolment.student_code),
        )
        return (await self._session.scalars(query.order_by(EndedEnrolment.left_on, EndedEnrolment.id))).all()
