"""The timetable of departments as the options engine sees it: rows, no objects, for much is read at once."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import CopyDepartment, DepartureWork, Placement, Project, Slot, Student
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.options.timetable import Department, Hour
from desktop_sync.repositories.department_rows import DEPARTMENTS, GROUPS, Rows
from desktop_sync.repositories.rows import Found
from shared.contracts.ids import BranchId, DepartmentId, ProjectId, StudentCode
from shared.contracts.values import Authority
from shared.errors import NotFound
from shared.runtime.access import Scope

# One id for the rows that are read: a project put back from a backup may come to a revision it had before.
_VERSION = (Project.revision, literal_column("project.xmin", BigInteger).label("row_version"))


class Version(NamedTuple):
    """Which state of a project: its revision, and the version of its row, which no other state has."""

    revision: int
    row: int


class Look(NamedTuple):
    """A department of a project as a question meets it.

    `departs`: the student waits in the data check to go.
    """

    version: Version
    department: DepartmentId
    branch: BranchId
    led_by: Authority | None
    departs: bool = False


class Departments:
    """Departments with classes, groups and students; and where they stand when somebody asks."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def look_once(self) -> None:
        """Let all that this unit of work reads be of one moment; said before it reads anything."""
        await self._session.connection(execution_options={"isolation_level": "REPEATABLE READ"})

    async def of_student(self, project: ProjectId, code: StudentCode, scope: Scope) -> Look:
        """The department a student is in. Raises NotFound when he is unknown or out of scope."""
        departs = (
            select(DepartureWork.departure)
            .where(DepartureWork.student_code == Student.code, DepartureWork.awaits.contains([project]))
            .correlate(Student)
            .exists()
        )
        query = (
            select(
                *_VERSION,
                Student.department_id,
                Student.branch_id,
                CopyDepartment.home_class_authority,
                departs.label("departs"),
            )
            .join(Student, Student.project_id == Project.id)
            .outerjoin(CopyDepartment, CopyDepartment.id == Student.department_id)
            .where(Project.id == project, Student.code == code, scope.covers(Student.branch_id))
        )
        return _look((await self._session.execute(query)).one_or_none())

    async def of_project(self, project: ProjectId, department: DepartmentId, scope: Scope) -> Look:
        """A department that the copy has. Raises NotFound when it is unknown or out of scope."""
        query = (
            select(
                *_VERSION,
                CopyDepartment.id,
                CopyDepartment.branch_id,
                CopyDepartment.home_class_authority,
            )
            .join(CopyDepartment, CopyDepartment.project_id == Project.id)
            .where(
                Project.id == project,
                CopyDepartment.id == department,
                scope.covers(CopyDepartment.branch_id),
            )
        )
        return _look((await self._session.execute(query)).one_or_none())

    async def of_group(self, project: ProjectId, group: LessonGroupId, scope: Scope) -> list[Look]:
        """The departments of the scope that have students in a lesson group."""
        query = (
            select(*_VERSION, Student.department_id, Student.branch_id, CopyDepartment.home_class_authority)
            .join(Student, Student.project_id == Project.id)
            .join(
                Placement,
                (Placement.project_id == Student.project_id) & (Placement.student_code == Student.code),
            )
            .outerjoin(CopyDepartment, CopyDepartment.id == Student.department_id)
            .where(
                Project.id == project,
                Placement.lesson_group_id == group,
                scope.covers(Student.branch_id),
            )
            .distinct()
            .order_by(Student.department_id)
        )
        return [_look(row) for row in await self._session.execute(query)]

    async def load(
        self, project: ProjectId, departments: Collection[DepartmentId]
    ) -> dict[DepartmentId, Department]:
        """These departments, in one statement; a second one, if their students are in groups of others.

        An unknown one is empty. Who asks sees to it that all is of one moment: by `look_once`, or by
        holding the project.
        """
        asked = {"project": project, "departments": list(departments)}
        found = {row.id: Rows.of(row) for row in await self._session.execute(DEPARTMENTS, asked)}
        foreign = set().union(*(rows.foreign for rows in found.values()))
        groups = dict[int, Any]()
        if foreign:
            read = await self._session.scalars(GROUPS, {"groups": sorted(foreign)})
            groups = {group[0]: group for group in read}
        return {department: rows.assembled(groups) for department, rows in found.items()}

    async def hours(self, project: ProjectId, branch: BranchId) -> Mapping[int, Hour]:
        """The slots of a branch, by id."""
        query = select(Slot.id, Slot.week, Slot.day, Slot.period)
        rows = await self._session.execute(query.where(Slot.project_id == project, Slot.branch_id == branch))
        return {row.id: Hour(row.week, row.day, row.period) for row in rows}


def _look(row: Found | None) -> Look:
    if row is None:
        raise NotFound
    revision, version, *where = row
    return Look(Version(revision, version), *where)
