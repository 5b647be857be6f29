"""Enrolments with what hangs on them."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from portal.models.student import Enrolment
from shared.contracts.ids import BranchId, DepartmentId, EnrolmentId, ProjectId, StudentCode
from shared.database.among import among
from shared.runtime.access import Scope


class Enrolments:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(
        self, students: Collection[StudentCode], since: int, scope: Scope | None = None
    ) -> dict[StudentCode, list[Enrolment]]:
        """The students' enrolments of this school year and later, by code; memberships and package loaded."""
        query = (
            select(Enrolment)
            .where(among(Enrolment.student_code, students), Enrolment.school_year >= since)
            .order_by(Enrolment.school_year, Enrolment.id)
            .options(selectinload(Enrolment.memberships), selectinload(Enrolment.choices))
        )
        if scope is not None:
            query = query.where(scope.covers(Enrolment.branch_id, Enrolment.student_code))
        found: dict[StudentCode, list[Enrolment]] = {code: [] for code in students}
        for enrolment in await self._session.scalars(query):
            found[enrolment.student_code].append(enrolment)
        return found

    async def in_project(
        self, project: ProjectId, departments: Mapping[StudentCode, DepartmentId]
    ) -> dict[StudentCode, Enrolment]:
        """The students' enrolments in one project, by code; memberships and package loaded.

        Of who has two it is the one in the department that is named for him.
        """
        found = await self._session.scalars(
            select(Enrolment)
            .where(Enrolment.project_id == project, among(Enrolment.student_code, departments))
            .order_by(Enrolment.id)
            .options(selectinload(Enrolment.memberships), selectinload(Enrolment.choices))
        )
        here: dict[StudentCode, Enrolment] = {}
        for one in found:
            if one.student_code not in here or one.department_id == departments[one.student_code]:
                here[one.student_code] = one
        return here

    async def at_branch(self, project: ProjectId, branch: BranchId) -> Sequence[Enrolment]:
        """All enrolments in a branch of a project, the oldest first; memberships and package loaded."""
        query = (
            select(Enrolment)
            .where(Enrolment.project_id == project, Enrolment.branch_id == branch)
            .order_by(Enrolment.id)
            .options(selectinload(Enrolment.memberships), selectinload(Enrolment.choices))
        )
        return (await self._session.scalars(query)).all()

    async def students_of(self, enrolments: Collection[EnrolmentId]) -> set[StudentCode]:
        """Whose enrolments these are."""
        query = select(Enrolment.student_code).where(among(Enrolment.id, enrolments)).distinct()
        return set(await self._session.scalars(query))

    def add(self, enrolment: Enrolment) -> None:
        self._session.add(enrolment)

    async def remove(self, enrolments: Sequence[Enrolment]) -> None:
        """Delete them; memberships and package go with them, in the database."""
        for enrolment in enrolments:
            self._session.expunge(enrolment)
        await self._session.execute(
            delete(Enrolment)
            .where(among(Enrolment.id, [enrolment.id for enrolment in enrolments]))
            .execution_options(synchronize_session=False)
        )
