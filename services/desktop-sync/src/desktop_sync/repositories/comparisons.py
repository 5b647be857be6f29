from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import (
    CopyDepartment,
    CopyEnrolment,
    CopyGroup,
    CopyMembership,
    HomeClass,
    LessonGroup,
    LessonGroupDepartment,
    Placement,
    Student,
)
from desktop_sync.models.comparison import (
    ComparedDepartment,
    ComparedStudent,
    Comparison,
    Incomparable,
)
from desktop_sync.repositories.rows import Found
from shared.contracts.copies import Seating
from shared.contracts.ids import DepartmentId, EnrolmentId, GroupId, ProjectId, StudentCode
from shared.runtime.access import Scope


class Comparisons:
    """The copy of the portal beside a project, for a whole project in a few statements."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, project: ProjectId, scope: Scope) -> Comparison:
        """All students of the scope; seven statements.

        Who comes from another branch or went to one moves; who is enrolled in two is compared where he is.
        """
        departments = await self._departments(project, scope)
        here = await self._students(project, scope)
        there = await self._enrolments(project)
        stands_in = await self._stands_in(project)
        memberships, groups = await self._memberships(project), await self._cluster_groups(project)
        known = await self._known(project)
        compared, incomparable = {}, dict[StudentCode, tuple[DepartmentId, Incomparable]]()
        for code, enrolments in there.items():
            theirs = [one.department_id for one in enrolments]
            mine = [one for one in theirs if one in departments]
            if code not in here and mine and stands_in.get(code) not in theirs:
                why = Incomparable.DEPARTMENT if code in stands_in else Incomparable.NEW
                incomparable[code] = mine[0], why
        for code, student in here.items():
            department = student.department_id
            same = [one for one in there.get(code, ()) if one.department_id == department]
            if not same or department not in departments:
                why = Incomparable.DEPARTMENT if code in there else Incomparable.LEFT
                incomparable[code] = department, why
                continue
            enrolment = same[0]
            compared[code] = ComparedStudent(
                student=code,
                enrolment=enrolment.id,
                department=departments[department],
                portal=Seating(
                    home_class=enrolment.home_class_id, groups=sorted(memberships.get(enrolment.id, ()))
                ),
                home_class=student.home_class_id,
                groups=frozenset(groups.get(code, ())),
                known=known.get(department, frozenset()),
            )
        return Comparison(departments, compared, incomparable)

    async def _departments(
        self, project: ProjectId, scope: Scope
    ) -> Mapping[DepartmentId, ComparedDepartment]:
        query = select(CopyDepartment.id, CopyDepartment.code, CopyDepartment.home_class_authority).where(
            CopyDepartment.project_id == project, scope.covers(CopyDepartment.branch_id)
        )
        rows = await self._session.execute(query.order_by(CopyDepartment.code, CopyDepartment.id))
        return {row[0]: ComparedDepartment(*row) for row in rows}

    async def _students(self, project: ProjectId, scope: Scope) -> Mapping[StudentCode, Found]:
        query = select(Student.code, Student.department_id, Student.home_class_id).where(
            Student.project_id == project, scope.covers(Student.branch_id)
        )
        return {row.code: row for row in await self._session.execute(query.order_by(Student.code))}

    async def _stands_in(self, project: ProjectId) -> Mapping[StudentCode, DepartmentId]:
        query = select(Student.code, Student.department_id).where(Student.project_id == project)
        return {row.code: row.department_id for row in await self._session.execute(query)}

    async def _enrolments(self, project: ProjectId) -> Mapping[StudentCode, list[Found]]:
        query = select(
            CopyEnrolment.student_code,
            CopyEnrolment.id,
            CopyEnrolment.department_id,
            CopyEnrolment.home_class_id,
        ).where(CopyEnrolment.project_id == project)
        found = defaultdict(list)
        for row in await self._session.execute(query.order_by(CopyEnrolment.student_code, CopyEnrolment.id)):
            found[row.student_code].append(row)
        return found

    async def _memberships(self, project: ProjectId) -> Mapping[EnrolmentId, set[GroupId]]:
        query = (
            select(CopyMembership.enrolment_id, CopyMembership.group_id)
            .join(CopyEnrolment, CopyEnrolment.id == CopyMembership.enrolment_id)
            .where(CopyEnrolment.project_id == project)
        )
        found = defaultdict(set)
        for enrolment, group in await self._session.execute(query):
            found[enrolment].add(group)
        return found

    async def _cluster_groups(self, project: ProjectId) -> Mapping[StudentCode, set[GroupId]]:
        """What the cluster groups of students are in the portal, in the department of each."""
        query = (
            select(Placement.student_code, CopyGroup.id)
            .join(LessonGroup, LessonGroup.id == Placement.lesson_group_id)
            .join(
                Student,
                (Student.project_id == Placement.project_id) & (Student.code == Placement.student_code),
            )
            .join(
                LessonGroupDepartment,
                (LessonGroupDepartment.lesson_group_id == LessonGroup.id)
                & (LessonGroupDepartment.department_id == Student.department_id),
            )
            .join(CopyGroup, CopyGroup.id == LessonGroupDepartment.portal_group_id)
            .where(Placement.project_id == project, LessonGroup.home_class_id.is_(None))
        )
        found: defaultdict[StudentCode, set[GroupId]] = defaultdict(set)
        for student, group in await self._session.execute(query):
            found[student].add(group)
        return found

    async def _known(self, project: ProjectId) -> Mapping[DepartmentId, frozenset[GroupId]]:
        query = (
            select(LessonGroupDepartment.department_id, LessonGroupDepartment.portal_group_id)
            .join(LessonGroup, LessonGroup.id == LessonGroupDepartment.lesson_group_id)
            .where(
                LessonGroup.project_id == project,
                LessonGroup.home_class_id.is_(None),
            )
        )
        found: defaultdict[DepartmentId, set[GroupId]] = defaultdict(set)
        for department, group in await self._session.execute(query):
            if group is not None:
                found[department].add(group)
        return {department: frozenset(groups) for department, groups in found.items()}

    async def codes(self, project: ProjectId) -> Mapping[GroupId, str]:
        """What the portal's groups, and the home classes here, are called."""
        copied = (
            select(CopyGroup.id, CopyGroup.code)
            .join(CopyDepartment, CopyDepartment.id == CopyGroup.department_id)
            .where(CopyDepartment.project_id == project)
        )
        own = select(HomeClass.id, HomeClass.code).where(HomeClass.project_id == project)
        return {row.id: row.code for row in await self._session.execute(own.union(copied))}
