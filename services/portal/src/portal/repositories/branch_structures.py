"""All that one branch of one project is made of, by code, as a school's own list names it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.structure import Branch, BranchInProject, Department, Group, Project, School, Subject
from portal.models.student import Enrolment
from shared.contracts.ids import DepartmentId, StudentCode
from shared.database.among import among


@dataclass(frozen=True, slots=True)
class BranchStructure:
    """Home classes and subjects by (department, code)."""

    school: School
    branch: Branch
    project: Project
    departments: Mapping[str, Department]
    home_classes: Mapping[tuple[DepartmentId, str], Group]
    subjects: Mapping[tuple[DepartmentId, str], Subject]


class BranchStructures:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def school(self, code: str) -> School | None:
        """Locked: two imports of one school wait for each other."""
        # Not FOR UPDATE: a departure of this school needs the row for its foreign key, and would deadlock.
        query = select(School).where(School.code == code).with_for_update(key_share=True)
        return (await self._session.scalars(query)).one_or_none()

    async def branch(self, school: School, code: str) -> Branch | None:
        query = select(Branch).where(Branch.school_id == school.id, Branch.code == code)
        return (await self._session.scalars(query)).one_or_none()

    async def project(self, branch: Branch, year: int) -> Project | None:
        """The year's project, if the branch takes part in it."""
        query = select(Project).join(BranchInProject, BranchInProject.project_id == Project.id)
        query = query.where(Project.school_year == year, BranchInProject.branch_id == branch.id)
        return (await self._session.scalars(query)).one_or_none()

    async def of(self, school: School, branch: Branch, project: Project) -> BranchStructure:
        """Its departments, with their home classes and subjects."""
        query = select(Department).where(
            Department.project_id == project.id, Department.branch_id == branch.id
        )
        departments = (await self._session.scalars(query)).all()
        ids = [department.id for department in departments]
        classes = await self._session.scalars(
            select(Group).where(among(Group.department_id, ids), Group.is_home_class)
        )
        subjects = await self._session.scalars(select(Subject).where(among(Subject.department_id, ids)))
        return BranchStructure(
            school,
            branch,
            project,
            {department.code: department for department in departments},
            {(group.department_id, group.code): group for group in classes},
            {(subject.department_id, subject.code): subject for subject in subjects},
        )

    async def enrolled(self, structure: BranchStructure) -> set[StudentCode]:
        """Who is enrolled in this branch of this project."""
        query = select(Enrolment.student_code).where(
            Enrolment.project_id == structure.project.id, Enrolment.branch_id == structure.branch.id
        )
        return set(await self._session.scalars(query))
