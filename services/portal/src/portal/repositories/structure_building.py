"""Making what is missing of a structure; what is there is brought to the given values."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.structure import (
    Branch,
    BranchInProject,
    Department,
    Group,
    GroupStaff,
    Project,
    School,
    StaffRole,
    Subject,
)
from shared.contracts.ids import GroupId, UserCode
from shared.database.among import among
from shared.database.set_based import insert_rows, table_of

P = TypeVar("P", Group, Subject)

Attributes = Mapping[str, Any]


class StructureBuilding:
    """Two imports of one school wait for each other at the school's row."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def ensure_school(self, code: str, name: str) -> School:
        await self._session.execute(insert(School).values(code=code, name=name).on_conflict_do_nothing())
        # Not FOR UPDATE: a departure of this school needs the row for its foreign key, and would deadlock.
        query = select(School).where(School.code == code).with_for_update(key_share=True)
        return (await self._session.scalars(query)).one()

    async def ensure_branch(self, school: School, code: str, name: str) -> Branch:
        row = {"school_id": school.id, "code": code, "name": name}
        await self._session.execute(insert(Branch).values(row).on_conflict_do_nothing())
        query = select(Branch).where(Branch.school_id == school.id, Branch.code == code)
        return (await self._session.scalars(query)).one()

    async def ensure_project(self, school: School, branch: Branch, year: int, name: str) -> Project:
        """The project, with the branch taking part in it."""
        row = {"school_id": school.id, "school_year": year, "name": name}
        await self._session.execute(insert(Project).values(row).on_conflict_do_nothing())
        query = select(Project).where(Project.school_id == school.id, Project.school_year == year)
        project = (await self._session.scalars(query)).one()
        part = {"project_id": project.id, "branch_id": branch.id}
        await self._session.execute(insert(BranchInProject).values(part).on_conflict_do_nothing())
        return project

    async def ensure_departments(
        self, project: Project, branch: Branch, given: Mapping[str, Attributes]
    ) -> tuple[dict[str, Department], list[Department]]:
        """By code; and those where another side leads from now on."""
        found = await self._session.scalars(
            select(Department).where(Department.project_id == project.id, Department.branch_id == branch.id)
        )
        departments = {department.code: department for department in found}
        known, led_anew = set(departments), []
        for code, attributes in given.items():
            if code not in departments:
                departments[code] = Department(
                    project_id=project.id, branch_id=branch.id, code=code, version=0
                )
                self._session.add(departments[code])
            changed = departments[code].bring(attributes)
            if code in known and "home_class_authority" in changed:
                led_anew.append(departments[code])
        await self._session.flush()
        return departments, led_anew

    async def ensure_subjects(
        self, departments: Mapping[str, Department], given: Mapping[tuple[str, str], Attributes]
    ) -> dict[tuple[str, str], Subject]:
        return await self._ensure_parts(Subject, departments, given)

    async def ensure_groups(
        self, departments: Mapping[str, Department], given: Mapping[tuple[str, str], Attributes]
    ) -> dict[tuple[str, str], Group]:
        return await self._ensure_parts(Group, departments, given)

    async def bring_staff(self, given: Mapping[tuple[GroupId, StaffRole], Collection[UserCode]]) -> None:
        """Of these groups these are the mentors or the teachers, and no others."""
        if not given:
            return
        here = among(GroupStaff.group_id, {group for group, _ in given})
        found = {
            (one.group_id, one.user, one.role)
            for one in await self._session.scalars(select(GroupStaff).where(here))
            if (one.group_id, one.role) in given
        }
        wanted = {(group, user, role) for (group, role), users in given.items() for user in users}
        key = tuple_(GroupStaff.group_id, GroupStaff.user, GroupStaff.role)
        if gone := found - wanted:
            await self._session.execute(delete(GroupStaff).where(key.in_(gone)))
        if new := sorted(wanted - found):
            rows = [{"group_id": group, "user": user, "role": role} for group, user, role in new]
            await insert_rows(self._session, table_of(GroupStaff), rows)

    async def _ensure_parts(
        self,
        kind: type[P],
        departments: Mapping[str, Department],
        given: Mapping[tuple[str, str], Attributes],
    ) -> dict[tuple[str, str], P]:
        by_id = {department.id: code for code, department in departments.items()}
        found = await self._session.scalars(select(kind).where(among(kind.department_id, by_id)))
        parts = {(by_id[part.department_id], part.code): part for part in found}
        for (department, code), attributes in given.items():
            if (department, code) not in parts:
                parts[department, code] = kind(department_id=departments[department].id, code=code, version=0)
                self._session.add(parts[department, code])
            parts[department, code].bring(attributes)
        await self._session.flush()
        return parts
