"""Schools, projects, branches, departments, groups, subjects."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.structure import (
    Branch,
    BranchInProject,
    Department,
    Group,
    GroupStaff,
    Project,
    School,
    Subject,
)
from portal.models.student import Choice, Enrolment, GroupMembership
from shared.contracts.ids import BranchId, DepartmentId, GroupId, ProjectId, SubjectId, UserCode
from shared.database.among import among
from shared.errors import NotFound
from shared.runtime.access import Scope
from shared.runtime.paging import Keyset

Query = Select[*tuple[Any, ...]]


class Structure:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def projects(self, scope: Scope, keyset: Keyset) -> Sequence[Row[*tuple[Any, ...]]]:
        """Projects in which one of the caller's branches takes part, with the school."""
        inside = (
            select(BranchInProject.id)
            .where(BranchInProject.project_id == Project.id, scope.covers(BranchInProject.branch_id))
            .exists()
        )
        query = select(Project, School).join(School).where(inside)
        return (await self._session.execute(keyset.apply(query))).all()

    async def branches(self, scope: Scope, keyset: Keyset) -> Sequence[Row[*tuple[Any, ...]]]:
        query = select(Branch, School).join(School).where(scope.covers(Branch.id))
        return (await self._session.execute(keyset.apply(query))).all()

    async def departments(
        self, scope: Scope, keyset: Keyset, project: ProjectId | None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Departments with the number of their enrolments."""
        query = _departments(scope)
        if project is not None:
            query = query.where(Department.project_id == project)
        return (await self._session.execute(keyset.apply(query))).all()

    async def groups(
        self, scope: Scope, keyset: Keyset, department: DepartmentId | None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Groups with their size, counted."""
        query = _groups(scope)
        if department is not None:
            query = query.where(Group.department_id == department)
        return (await self._session.execute(keyset.apply(query))).all()

    async def subjects(
        self, scope: Scope, keyset: Keyset, department: DepartmentId | None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Subjects, with the number of choice packages they stand in."""
        query = _subjects(scope)
        if department is not None:
            query = query.where(Subject.department_id == department)
        return (await self._session.execute(keyset.apply(query))).all()

    async def department(self, department: DepartmentId, scope: Scope) -> Row[*tuple[Any, ...]]:
        """As in the list. Raises NotFound."""
        return await self._one(_departments(scope).where(Department.id == department))

    async def group(self, group: GroupId, scope: Scope) -> Row[*tuple[Any, ...]]:
        """As in the list. Raises NotFound."""
        return await self._one(_groups(scope).where(Group.id == group))

    async def subject(self, subject: SubjectId, scope: Scope) -> Row[*tuple[Any, ...]]:
        """As in the list. Raises NotFound."""
        return await self._one(_subjects(scope).where(Subject.id == subject))

    async def place_of(self, department: DepartmentId, scope: Scope) -> Row[*tuple[Any, ...]] | None:
        """A department of the caller's branches, with its project."""
        query = select(Department, Project).join(Project, Project.id == Department.project_id)
        query = query.where(Department.id == department, scope.covers(Department.branch_id))
        return (await self._session.execute(query)).one_or_none()

    async def takes_part(self, project: ProjectId, branch: BranchId, scope: Scope) -> bool:
        """Whether this branch of the caller's takes part in the project."""
        query = select(BranchInProject.id).where(
            BranchInProject.project_id == project,
            BranchInProject.branch_id == branch,
            scope.covers(BranchInProject.branch_id),
        )
        return await self._session.scalar(query) is not None

    async def named_departments(self, ids: Collection[DepartmentId]) -> dict[int, Department]:
        found = await self._session.scalars(select(Department).where(among(Department.id, ids)))
        return {department.id: department for department in found}

    async def hold(self, ids: Collection[DepartmentId]) -> dict[int, Department]:
        """These departments as they are now, and stay until this transaction ends."""
        query = select(Department).where(among(Department.id, ids)).order_by(Department.id)
        query = query.with_for_update(read=True).execution_options(populate_existing=True)
        return {department.id: department for department in await self._session.scalars(query)}

    async def named_groups(self, ids: Collection[GroupId]) -> dict[int, Group]:
        found = await self._session.scalars(select(Group).where(among(Group.id, ids)))
        return {group.id: group for group in found}

    async def staff_of(self, groups: Collection[GroupId]) -> dict[GroupId, list[UserCode]]:
        """Who mentors or teaches each of these groups."""
        staff: dict[GroupId, list[UserCode]] = {group: [] for group in groups}
        query = select(GroupStaff.group_id, GroupStaff.user).where(among(GroupStaff.group_id, groups))
        for group, user in await self._session.execute(query.distinct().order_by(GroupStaff.user)):
            staff[group].append(user)
        return staff

    async def named_subjects(self, ids: Collection[SubjectId]) -> dict[int, Subject]:
        found = await self._session.scalars(select(Subject).where(among(Subject.id, ids)))
        return {subject.id: subject for subject in found}

    async def places_of(self, departments: Collection[DepartmentId]) -> dict[int, tuple[Department, Project]]:
        """These departments, each with its project."""
        query = select(Department, Project).join(Project, Project.id == Department.project_id)
        found = await self._session.execute(query.where(among(Department.id, departments)))
        return {department.id: (department, project) for department, project in found}

    async def choosable_in(self, departments: Collection[DepartmentId]) -> dict[int, dict[str, Subject]]:
        """By department and code, what may be chosen there."""
        query = select(Subject).where(among(Subject.department_id, departments), Subject.is_choosable)
        choosable: dict[int, dict[str, Subject]] = {department: {} for department in departments}
        for subject in await self._session.scalars(query.order_by(Subject.code)):
            choosable[subject.department_id][subject.code] = subject
        return choosable

    async def with_cluster_groups(self, departments: Collection[DepartmentId]) -> set[DepartmentId]:
        """Which of these departments have cluster groups."""
        query = select(Group.department_id).where(
            among(Group.department_id, departments), Group.is_home_class.is_(False)
        )
        return set(await self._session.scalars(query.distinct()))

    async def _one(self, query: Query) -> Row[*tuple[Any, ...]]:
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            raise NotFound
        return row


def _departments(scope: Scope) -> Query:
    enrolled = select(func.count()).where(Enrolment.department_id == Department.id).scalar_subquery()
    return select(Department, enrolled.label("enrolled")).where(scope.covers(Department.branch_id))


def _groups(scope: Scope) -> Query:
    in_class = select(func.count()).where(Enrolment.home_class_id == Group.id).scalar_subquery()
    in_cluster = select(func.count()).where(GroupMembership.group_id == Group.id).scalar_subquery()
    query = select(Group, (in_class + in_cluster).label("size")).join(Department)
    return query.where(scope.covers(Department.branch_id))


def _subjects(scope: Scope) -> Query:
    chosen = select(func.count()).where(Choice.subject_id == Subject.id).scalar_subquery()
    query = select(Subject, chosen.label("chosen")).join(Department)
    return query.where(scope.covers(Department.branch_id))
