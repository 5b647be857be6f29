"""The timetable of departments as the options engine sees it: rows, no objects, for much is read at once."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import CopyDepartment, DepartureWork, Project, Slot, Student
from desktop_sync.options.timetable import Department, Hour
from desktop_sync.repositories import department_rows as rows_of
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

    async def load(
        self, project: ProjectId, departments: Collection[DepartmentId]
    ) -> dict[DepartmentId, Department]:
        """These departments; five statements, however many students.

        Unknown ones are passed over. Who asks sees to it that all is of one moment: by `look_once`, or by
        holding the project.
        """
        students = await self._all(rows_of.students(project, departments))
        in_use = {group for row in students for group in row.group_ids or () if group is not None}
        groups = await self._all(rows_of.groups(project, departments, in_use))
        classes = await self._all(rows_of.classes(project, departments))
        slots = await self._all(rows_of.slots(project))
        branches = {row.department_id: row.branch_id for row in students}
        branches |= {row.id: row.branch_id for row in await self._all(rows_of.copied(departments))}
        return {
            department: rows_of.Rows(
                department=department,
                branch=branches[department],
                students=[row for row in students if row.department_id == department],
                classes=[row for row in classes if row.department_id == department],
                groups=groups,
                slots=slots,
            ).assembled()
            for department in departments
            if department in branches
        }

    async def hours(self, project: ProjectId, branch: BranchId) -> Mapping[int, Hour]:
        """The slots of a branch, by id."""
        rows = await self._all(rows_of.slots(project).where(Slot.branch_id == branch))
        return {row.id: Hour(row.week, row.day, row.period) for row in rows}

    async def _all(self, query: Select[*tuple[Any, ...]]) -> Sequence[Found]:
        found: Sequence[Found] = (await self._session.execute(query)).all()
        return found


def _look(row: Found | None) -> Look:
    if row is None:
        raise NotFound
    revision, version, *where = row
    return Look(Version(revision, version), *where)
