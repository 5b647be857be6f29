from collections.abc import Collection, Sequence
from enum import StrEnum

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import CopyEnrolment, Student
from desktop_sync.repositories.rows import Found
from desktop_sync.repositories.students import listed, sort_keys_in
from shared.contracts.ids import ProjectId, StudentCode
from shared.database.among import among
from shared.runtime.access import Scope
from shared.runtime.paging import PersonKeyset


class Difference(StrEnum):
    """In what a student of the project differs from the copy of the portal."""

    LEFT = "left"
    """He is no longer in the copy."""


_DIFFERS = {
    Difference.LEFT: ~exists().where(
        CopyEnrolment.project_id == Student.project_id, CopyEnrolment.student_code == Student.code
    )
}


class DataCheck:
    """Differences between the copy of the portal and a project."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def counts(self, project: ProjectId, scope: Scope) -> dict[Difference, int]:
        """How many students differ, by kind."""
        students = select(func.count()).select_from(Student).where(Student.project_id == project)
        here = students.where(scope.covers(Student.branch_id))
        return {
            kind: await self._session.scalar(here.where(differs)) or 0 for kind, differs in _DIFFERS.items()
        }

    async def page(
        self, keyset: PersonKeyset, project: ProjectId, scope: Scope, kind: Difference
    ) -> Sequence[Found]:
        """Who they are, with name and home class."""
        query = listed(project, scope).where(_DIFFERS[kind])
        return (await self._session.execute(keyset.apply_from(query, sort_keys_in(project)))).all()

    async def left(
        self, project: ProjectId, scope: Scope, students: Collection[StudentCode] | None = None
    ) -> Sequence[StudentCode]:
        """The codes of those who left; of these students, or of all."""
        query = select(Student.code).where(Student.project_id == project, _DIFFERS[Difference.LEFT])
        if students is not None:
            query = query.where(among(Student.code, students))
        query = query.where(scope.covers(Student.branch_id)).order_by(Student.code)
        return (await self._session.scalars(query)).all()
