from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import (
    CopyChoice,
    CopyDepartment,
    CopyEnrolment,
    CopyGroup,
    HomeClass,
    Lesson,
    LessonGroup,
    LessonGroupDepartment,
    Placement,
    Project,
    Slot,
    Student,
)
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.models.lesson_plan import Hour, LessonPlan, PlannedGroup
from desktop_sync.models.standing import Named, Standing
from desktop_sync.repositories.fitting import fitting_enrolments
from desktop_sync.repositories.rows import Found, bring
from shared.contracts.ids import DepartmentId, GroupId, ProjectId, StudentCode
from shared.contracts.values import Authority
from shared.database.among import among
from shared.database.set_based import as_rows, table_of

_SOFT_MAX, _HARD_MAX = 28, 32
"""Seats of a home class of which the portal tells none."""

_STUDENT, _PLACEMENT = table_of(Student), table_of(Placement)


class Placements:
    """How students stand in a project, and what they are placed in."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def standings(
        self, project: ProjectId, codes: Collection[StudentCode]
    ) -> dict[StudentCode, Standing]:
        """Of those of these students who are in the project; two statements."""
        groups: defaultdict[str, dict[str, Named | None]] = defaultdict(dict)
        for row in await self._placed(project, codes):
            group = None if row.id is None else Named(row.id, row.code)
            groups[row.student_code][row.subject_code] = group
        query = (
            select(
                Student,
                HomeClass.code.label("class_code"),
                CopyDepartment.code.label("department_code"),
            )
            .outerjoin(HomeClass, HomeClass.id == Student.home_class_id)
            .outerjoin(CopyDepartment, CopyDepartment.id == Student.department_id)
            .where(Student.project_id == project, among(Student.code, codes))
            .order_by(Student.code)
            .execution_options(populate_existing=True)
        )
        return {
            one.code: Standing(
                student=one.code,
                branch=one.branch_id,
                department=one.department_id,
                department_code=department_code,
                home_class=None if one.home_class_id is None else Named(one.home_class_id, class_code),
                groups=groups[one.code],
            )
            for one, class_code, department_code in await self._session.execute(query)
        }

    async def _placed(self, project: ProjectId, codes: Collection[StudentCode]) -> Sequence[Found]:
        query = (
            select(Placement.student_code, Placement.subject_code, LessonGroup.id, LessonGroup.code)
            .outerjoin(LessonGroup, LessonGroup.id == Placement.lesson_group_id)
            .where(Placement.project_id == project, among(Placement.student_code, codes))
        )
        return (await self._session.execute(query)).all()

    async def packages(
        self, project: ProjectId, codes: Collection[StudentCode]
    ) -> Mapping[StudentCode, set[str]]:
        """The subjects that the portal says they chose, in the enrolment that fits."""
        theirs = fitting_enrolments(project).where(among(CopyEnrolment.student_code, codes)).subquery()
        query = select(theirs.c.student_code, CopyChoice.subject_code).join(
            CopyChoice, CopyChoice.enrolment_id == theirs.c.id
        )
        packages: defaultdict[StudentCode, set[str]] = defaultdict(set)
        for student, subject in await self._session.execute(query):
            packages[student].add(subject)
        return packages

    async def plan(self, project: ProjectId, departments: Collection[DepartmentId]) -> LessonPlan:
        """The lesson groups for students of these departments; three statements."""
        here = exists().where(
            LessonGroupDepartment.lesson_group_id == LessonGroup.id,
            among(LessonGroupDepartment.department_id, departments),
        )
        size = (
            select(func.count())
            .where(Placement.lesson_group_id == LessonGroup.id)
            .correlate(LessonGroup)
            .scalar_subquery()
        )
        found = (
            await self._session.execute(
                select(LessonGroup, size.label("size")).where(LessonGroup.project_id == project, here)
            )
        ).all()
        ids = [group.id for group, _ in found]
        portal_groups, hours = await self._portal_groups(ids), await self._hours(ids)
        return LessonPlan(
            {
                group.id: PlannedGroup(
                    id=group.id,
                    code=group.code,
                    subject=group.subject_code,
                    branch=group.branch_id,
                    home_class=group.home_class_id,
                    soft_max=group.soft_max,
                    hard_max=group.hard_max,
                    size=size,
                    portal_groups=portal_groups[group.id],
                    hours=frozenset(hours[group.id]),
                )
                for group, size in found
            }
        )

    async def _portal_groups(
        self, groups: Collection[LessonGroupId]
    ) -> Mapping[LessonGroupId, dict[DepartmentId, GroupId | None]]:
        query = select(LessonGroupDepartment).where(among(LessonGroupDepartment.lesson_group_id, groups))
        found: defaultdict[LessonGroupId, dict[DepartmentId, GroupId | None]] = defaultdict(dict)
        for one in await self._session.scalars(query):
            found[one.lesson_group_id][one.department_id] = one.portal_group_id
        return found

    async def _hours(self, groups: Collection[LessonGroupId]) -> Mapping[LessonGroupId, set[Hour]]:
        query = (
            select(Lesson.lesson_group_id, Slot.week, Slot.day, Slot.period)
            .join(Slot, Slot.id == Lesson.slot_id)
            .where(among(Lesson.lesson_group_id, groups))
        )
        found: defaultdict[LessonGroupId, set[Hour]] = defaultdict(set)
        for group, week, day, period in await self._session.execute(query):
            found[group].add((week, day, period))
        return found

    async def home_classes(
        self, project: ProjectId, wanted: Collection[GroupId]
    ) -> Mapping[GroupId, HomeClass]:
        """These home classes of the project; one that it does not have yet is made from the copy."""
        missing = select(
            CopyGroup.id,
            CopyDepartment.project_id,
            CopyDepartment.branch_id,
            CopyGroup.department_id,
            CopyGroup.code,
            func.coalesce(CopyGroup.soft_max, CopyGroup.hard_max, _SOFT_MAX),
            func.coalesce(CopyGroup.hard_max, func.greatest(CopyGroup.soft_max, _HARD_MAX)),
        ).join(CopyDepartment, CopyDepartment.id == CopyGroup.department_id)
        missing = missing.where(
            among(CopyGroup.id, wanted),
            CopyGroup.is_home_class,
            CopyDepartment.project_id == project,
            ~exists().where(HomeClass.id == CopyGroup.id),
        )
        columns = ["id", "project_id", "branch_id", "department_id", "code", "soft_max", "hard_max"]
        await self._session.execute(insert(HomeClass).from_select(columns, missing))
        query = select(HomeClass).where(HomeClass.project_id == project, among(HomeClass.id, wanted))
        return {one.id: one for one in await self._session.scalars(query)}

    async def class_size(self, home_class: GroupId) -> int:
        query = select(func.count()).where(Student.home_class_id == home_class)
        return await self._session.scalar(query) or 0

    async def led_by(self, department: DepartmentId) -> Authority | None:
        """Who leads the home classes of a department; None: the copy does not know it."""
        query = select(CopyDepartment.home_class_authority).where(CopyDepartment.id == department)
        return await self._session.scalar(query)

    async def settle(self, project: Project, moves: Sequence[tuple[Standing | None, Standing]]) -> None:
        """Let students be in the project as the second of each says, with nothing else; the new come in."""
        rows = [
            {
                "project_id": project.id,
                "code": after.student,
                "school_id": project.school_id,
                "branch_id": after.branch,
                "department_id": after.department,
                "home_class_id": after.class_id,
            }
            for _, after in moves
        ]
        await bring(self._session, Student, rows)
        await self.write(
            project.id, [(before or replace(after, groups={}), after) for before, after in moves]
        )

    async def write(self, project: ProjectId, moves: Sequence[tuple[Standing, Standing]]) -> None:
        """Let students stand as the second of each says; at most three statements."""
        classes = [
            {"code": after.student, "home_class_id": after.class_id}
            for before, after in moves
            if before.class_id != after.class_id
        ]
        if classes:
            rows = as_rows(_STUDENT, classes)
            same = (_STUDENT.c.project_id == project) & (_STUDENT.c.code == rows.c.code)
            await self._session.execute(
                update(_STUDENT).where(same).values(home_class_id=rows.c.home_class_id)
            )
        dropped = [
            {"student_code": after.student, "subject_code": subject}
            for before, after in moves
            for subject in sorted(before.groups.keys() - after.groups.keys())
        ]
        if dropped:
            rows = as_rows(_PLACEMENT, dropped)
            await self._session.execute(
                delete(_PLACEMENT).where(
                    _PLACEMENT.c.project_id == project,
                    _PLACEMENT.c.student_code == rows.c.student_code,
                    _PLACEMENT.c.subject_code == rows.c.subject_code,
                )
            )
        await bring(self._session, Placement, [_row(project, *one) for one in _placed_anew(moves)])


def _placed_anew(
    moves: Sequence[tuple[Standing, Standing]],
) -> list[tuple[StudentCode, str, Named | None]]:
    return [
        (after.student, subject, group)
        for before, after in moves
        for subject, group in sorted(after.groups.items())
        if subject not in before.groups or before.groups[subject] != group
    ]


def _row(project: ProjectId, student: StudentCode, subject: str, group: Named | None) -> dict[str, Any]:
    return {
        "project_id": project,
        "student_code": student,
        "subject_code": subject,
        "lesson_group_id": None if group is None else group.id,
    }
