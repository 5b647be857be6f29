"""What is read of departments for the options engine, and what is made of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from desktop_sync.models import (
    CopyDepartment,
    HomeClass,
    Lesson,
    LessonGroup,
    LessonGroupDepartment,
    Placement,
    Slot,
    Student,
)
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.options import timetable
from desktop_sync.repositories.rows import Found
from shared.contracts.ids import BranchId, DepartmentId, ProjectId
from shared.database.among import among

_IDS = ARRAY(BigInteger)

Query = Select[*tuple[Any, ...]]


def students(project: ProjectId, departments: Collection[DepartmentId]) -> Query:
    """One row each: his subjects, and in the same order the group of each."""
    has_subjects = Placement.subject_code.is_not(None)
    subjects = func.array_agg(Placement.subject_code, type_=ARRAY(Text)).filter(has_subjects)
    groups = func.array_agg(Placement.lesson_group_id, type_=_IDS).filter(has_subjects)
    his = (Placement.project_id == Student.project_id) & (Placement.student_code == Student.code)
    return (
        select(
            Student.code,
            Student.department_id,
            Student.branch_id,
            Student.home_class_id,
            subjects.label("subjects"),
            groups.label("group_ids"),
        )
        .outerjoin(Placement, his)
        .where(Student.project_id == project, among(Student.department_id, departments))
        .group_by(Student.project_id, Student.code)
    )


def groups(
    project: ProjectId, departments: Collection[DepartmentId], in_use: Collection[LessonGroupId]
) -> Query:
    """The groups that serve them and those in use, each with its size, its lessons, and whom it serves."""
    size = select(func.count()).where(Placement.lesson_group_id == LessonGroup.id)
    serving = select(LessonGroupDepartment.department_id).where(
        LessonGroupDepartment.lesson_group_id == LessonGroup.id,
        among(LessonGroupDepartment.department_id, departments),
    )
    lessons = select(Lesson.slot_id).where(Lesson.lesson_group_id == LessonGroup.id)
    serves = func.array(serving.correlate(LessonGroup).scalar_subquery(), type_=_IDS)
    return select(
        LessonGroup.id,
        LessonGroup.code,
        LessonGroup.subject_code,
        LessonGroup.home_class_id,
        LessonGroup.branch_id,
        LessonGroup.soft_max,
        LessonGroup.hard_max,
        size.correlate(LessonGroup).scalar_subquery().label("size"),
        serves.label("serves"),
        func.array(lessons.correlate(LessonGroup).scalar_subquery(), type_=_IDS).label("lessons"),
    ).where(
        LessonGroup.project_id == project,
        among(LessonGroup.id, in_use) | serving.correlate(LessonGroup).exists(),
    )


def classes(project: ProjectId, departments: Collection[DepartmentId]) -> Query:
    size = select(func.count()).where(Student.home_class_id == HomeClass.id).correlate(HomeClass)
    return select(
        HomeClass.id,
        HomeClass.code,
        HomeClass.department_id,
        HomeClass.soft_max,
        HomeClass.hard_max,
        size.scalar_subquery().label("size"),
    ).where(HomeClass.project_id == project, among(HomeClass.department_id, departments))


def slots(project: ProjectId) -> Query:
    return select(Slot.id, Slot.branch_id, Slot.week, Slot.day, Slot.period).where(Slot.project_id == project)


def copied(departments: Collection[DepartmentId]) -> Query:
    """Their branches, of those that the copy has."""
    return select(CopyDepartment.id, CopyDepartment.branch_id).where(among(CopyDepartment.id, departments))


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read for one department; `groups` and `slots` are more than its own."""

    department: DepartmentId
    branch: BranchId
    students: Sequence[Found]
    classes: Sequence[Found]
    groups: Sequence[Found]
    slots: Sequence[Found]

    def assembled(self) -> timetable.Department:
        """A group is offered if it serves the department and is of its branch.

        The cycle has the hours of the branch, and those of groups elsewhere that its students are in.
        """
        his = {
            row.code: timetable.Student(
                row.code, row.home_class_id, dict(zip(row.subjects or (), row.group_ids or (), strict=True))
            )
            for row in self.students
        }
        in_use = {group for student in his.values() for group in student.groups.values()}
        offered = {g.id for g in self.groups if self.department in g.serves and g.branch_id == self.branch}
        ours = [group for group in self.groups if group.id in offered or group.id in in_use]
        at = {row.id: timetable.Hour(row.week, row.day, row.period) for row in self.slots}
        hours = {group.id: [at[slot] for slot in group.lessons if slot is not None] for group in ours}
        of_branch = (at[row.id] for row in self.slots if row.branch_id == self.branch)
        cycle = timetable.Cycle.of([*of_branch, *(hour for known in hours.values() for hour in known)])
        return timetable.Department(
            cycle=cycle,
            classes={
                one.id: timetable.HomeClass(one.id, one.code, one.size, one.soft_max, one.hard_max)
                for one in self.classes
            },
            groups={group.id: _group(group, cycle.mask(hours[group.id])) for group in ours},
            offered=frozenset(offered),
            students=his,
        )


def _group(row: Found, hours: int) -> timetable.Group:
    return timetable.Group(
        id=row.id,
        code=row.code,
        subject=row.subject_code,
        home_class=row.home_class_id,
        size=row.size,
        soft_max=row.soft_max,
        hard_max=row.hard_max,
        hours=hours,
        unscheduled=row.lessons.count(None),
    )
