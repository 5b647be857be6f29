from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Row, exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desktop_sync.models import BranchInProject, Project, Student
from shared.contracts.ids import ProjectId, SchoolId, StudentCode
from shared.database.among import among
from shared.errors import NotFound
from shared.runtime.access import Scope
from shared.runtime.paging import Keyset

# Locks of two numbers: no other lock of this database has two. One lock a row, in the order given.
_SCHOOL = 0x5343
_LOCK_SCHOOLS = text(
    "SELECT pg_advisory_xact_lock(:kind, hashint8(school)) FROM unnest(CAST(:schools AS bigint[])) AS school"
)


class Projects:
    """Timetable projects. A change of anything in a project locks its row first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, keyset: Keyset, scope: Scope) -> Sequence[Project]:
        """The projects in which a branch of the scope has a timetable."""
        return (await self._session.scalars(keyset.apply(select(Project).where(_in(scope))))).all()

    async def get(self, project: ProjectId, scope: Scope) -> Project:
        """Raises NotFound when it is unknown or out of scope."""
        found = await self._session.scalar(select(Project).where(Project.id == project, _in(scope)))
        if found is None:
            raise NotFound
        return found

    async def lock(self, project: ProjectId, scope: Scope) -> Project:
        """One project, to change who is in it; with its school, whose departures speak of all its projects.

        Raises NotFound.
        """
        found = await self.get(project, scope)
        await self.lock_schools({found.school_id})
        return found

    async def find(self, project: ProjectId) -> Project | None:
        return await self._session.get(Project, project)

    async def with_students(
        self, codes: Collection[StudentCode], scope: Scope
    ) -> Sequence[Row[StudentCode, Project]]:
        """All projects each is in, if one of them is in a branch of the scope: whole, or not at all."""
        there = aliased(Student)
        visible = exists().where(there.code == Student.code, scope.covers(there.branch_id))
        query = (
            select(Student.code, Project)
            .join(Project, Project.id == Student.project_id)
            .where(among(Student.code, codes), visible)
        )
        return (await self._session.execute(query.order_by(Student.code, Project.id))).all()

    async def branches_of(self, projects: Collection[ProjectId], scope: Scope) -> Sequence[BranchInProject]:
        """The branches of the scope in these projects."""
        query = select(BranchInProject).where(
            among(BranchInProject.project_id, projects),
            scope.covers(BranchInProject.branch_id),
        )
        return (await self._session.scalars(query.order_by(BranchInProject.branch_id))).all()

    async def lock_with_schools(self, projects: Collection[ProjectId]) -> Sequence[Project]:
        """These projects and all others of their schools; unknown ones are passed over."""
        query = select(Project.school_id).where(among(Project.id, projects)).distinct()
        return await self.lock_schools((await self._session.scalars(query)).all())

    async def lock_schools(self, schools: Collection[SchoolId]) -> Sequence[Project]:
        """All projects of these schools, locked in the order of their ids.

        The schools are locked too: a project that is being imported for the first time has no row yet that a
        departure could wait for.
        """
        in_order = sorted(schools)
        await self._session.execute(_LOCK_SCHOOLS, {"kind": _SCHOOL, "schools": in_order})
        query = select(Project).where(among(Project.school_id, in_order))
        query = query.order_by(Project.id).with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(query)).all()

    def add(self, project: Project) -> None:
        self._session.add(project)


def _in(scope: Scope) -> ColumnElement[bool]:
    return exists().where(BranchInProject.project_id == Project.id, scope.covers(BranchInProject.branch_id))
