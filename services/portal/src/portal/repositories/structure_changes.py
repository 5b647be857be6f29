"""Changing the structure in the year: found within the scope and the running or a later school year."""

from collections.abc import Collection
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.dissolution import Dissolution
from portal.models.structure import BranchInProject, Department, Group, Project, School, Subject
from shared.contracts.ids import BranchId, DepartmentId, GroupId, ProjectId, SubjectId
from shared.database.among import among
from shared.errors import NotFound
from shared.runtime.access import Scope

P = TypeVar("P", Group, Subject)
R = TypeVar("R", Department, Group, Subject)


class StructureChanges:
    """Whoever changes a school's structure, an import too, waits for the other at the school's row."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def project(self, project: ProjectId, branch: BranchId, scope: Scope, since: int) -> Project:
        """One in which the branch takes part. Raises NotFound."""
        query = select(Project).join(BranchInProject).join(School, School.id == Project.school_id)
        query = query.where(Project.id == project, BranchInProject.branch_id == branch)
        query = query.where(scope.covers(BranchInProject.branch_id), Project.school_year >= since)
        found = await self._session.scalar(query.with_for_update(key_share=True, of=School))
        if found is None:
            raise NotFound
        return found

    async def department(self, department: DepartmentId, scope: Scope, since: int) -> Department:
        """Raises NotFound."""
        await self._enter(Department.id == department, scope, since)
        return await self._fresh(Department, department)

    async def group(self, group: GroupId, scope: Scope, since: int) -> Group:
        """Raises NotFound."""
        its_department = select(Group.department_id).where(Group.id == group).scalar_subquery()
        await self._enter(Department.id == its_department, scope, since)
        return await self._fresh(Group, group)

    async def subject(self, subject: SubjectId, scope: Scope, since: int) -> Subject:
        """Raises NotFound."""
        its_department = select(Subject.department_id).where(Subject.id == subject).scalar_subquery()
        await self._enter(Department.id == its_department, scope, since)
        return await self._fresh(Subject, subject)

    async def has_part(self, kind: type[P], department: DepartmentId, code: str) -> bool:
        """Whether a group or subject of the department has this code."""
        query = select(kind.id).where(kind.department_id == department, kind.code == code)
        return await self._session.scalar(query) is not None

    async def has_department(self, project: ProjectId, branch: BranchId, code: str) -> bool:
        query = select(Department.id).where(
            Department.project_id == project, Department.branch_id == branch, Department.code == code
        )
        return await self._session.scalar(query) is not None

    async def groups_of(self, department: DepartmentId, subject: str | None = None) -> list[Group]:
        """All groups of a department, or those of one of its subjects."""
        query = select(Group).where(Group.department_id == department).order_by(Group.id)
        if subject is not None:
            query = query.where(Group.subject_code == subject)
        return list(await self._session.scalars(query))

    async def subjects_of(self, department: DepartmentId) -> list[Subject]:
        query = select(Subject).where(Subject.department_id == department).order_by(Subject.id)
        return list(await self._session.scalars(query))

    async def add(self, row: R) -> R:
        self._session.add(row)
        await self._session.flush()
        return row

    async def close(self, what: Dissolution) -> None:
        """From now on nobody can be placed in these: who places somebody holds his department."""
        around = union(
            select(Group.department_id).where(among(Group.id, what.groups)),
            select(Subject.department_id).where(among(Subject.id, what.subjects)),
        )
        query = select(Department.id).where(Department.id.in_(around)).order_by(Department.id)
        await self._session.execute(query.with_for_update(key_share=True))
        for kind, ids in reversed(_rows_of(what)):
            query = select(kind.id).where(among(kind.id, ids)).order_by(kind.id)
            await self._session.execute(query.with_for_update())

    async def remove(self, what: Dissolution) -> None:
        """Delete these rows, to which nothing of a student refers any more."""
        for kind, ids in _rows_of(what):
            await self._session.execute(delete(kind).where(among(kind.id, ids)))

    async def _enter(self, which: ColumnElement[bool], scope: Scope, since: int) -> None:
        query = select(School.id).join(Project, Project.school_id == School.id)
        query = query.join(Department, Department.project_id == Project.id)
        query = query.where(which, scope.covers(Department.branch_id), Project.school_year >= since)
        if await self._session.scalar(query.with_for_update(key_share=True, of=School)) is None:
            raise NotFound

    async def _fresh(self, kind: type[R], identity: int) -> R:
        """As it is now that the others are done. Raises NotFound."""
        query = select(kind).where(kind.id == identity).execution_options(populate_existing=True)
        found = await self._session.scalar(query)
        if found is None:
            raise NotFound
        return found


def _rows_of(what: Dissolution) -> list[tuple[type[Any], Collection[int]]]:
    departments = [] if what.department is None else [what.department]
    return [(Group, what.groups), (Subject, what.subjects), (Department, departments)]
