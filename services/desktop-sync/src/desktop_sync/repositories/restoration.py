"""Putting students back into projects and the copy: twelve statements for any number."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from desktop_sync.models import (
    CopyChoice,
    CopyDepartment,
    CopyEnrolment,
    CopyGroup,
    CopyMembership,
    HomeClass,
    LessonGroup,
    Placement,
    Student,
    Subject,
)
from desktop_sync.models.memory import Memory
from desktop_sync.models.restoration import Room, Seats
from desktop_sync.repositories.rows import bring
from shared.contracts.ids import ProjectId, StudentCode
from shared.database.among import among

Returning = tuple[StudentCode, Memory]


async def room_for(
    session: AsyncSession, projects: Collection[ProjectId], returning: Sequence[Returning]
) -> Room:
    """What stands now, in these projects and in the copy, of all that those who return had."""
    codes = {code for code, _ in returning}
    memories = [memory for _, memory in returning]
    students = [student for memory in memories for student in memory.students]
    placements = [placement for memory in memories for placement in memory.placements]
    enrolments = [enrolment for memory in memories for enrolment in memory.enrolments]
    departments = select(CopyDepartment.project_id, CopyDepartment.id).where(
        among(
            CopyDepartment.id, {one.department for one in students} | {one.department for one in enrolments}
        )
    )
    subjects = select(Subject.project_id, Subject.code).where(
        among(Subject.project_id, {one.project for one in placements}),
        among(Subject.code, {one.subject for one in placements}),
    )
    present = select(Student.project_id, Student.code).where(among(Student.code, codes))
    copied_groups = {one.home_class for one in enrolments} | {g for one in enrolments for g in one.groups}
    copied = select(CopyEnrolment.id, CopyEnrolment.project_id, CopyEnrolment.student_code).where(
        or_(
            among(CopyEnrolment.student_code, codes),
            among(CopyEnrolment.id, {one.id for one in enrolments}),
        )
    )
    in_copy = (await session.execute(copied)).all()
    return Room(
        projects=set(projects),
        departments={(row[0], row[1]) for row in await session.execute(departments)},
        subjects={(row[0], row[1]) for row in await session.execute(subjects)},
        home_classes=await _seats(
            session, HomeClass, {one.home_class for one in students}, Student.home_class_id, HomeClass.id
        ),
        lesson_groups=await _seats(
            session,
            LessonGroup,
            {one.group for one in placements},
            Placement.lesson_group_id,
            LessonGroup.home_class_id,
        ),
        students={(row[0], row[1]) for row in await session.execute(present)},
        copied_groups=set(
            await session.scalars(select(CopyGroup.id).where(among(CopyGroup.id, copied_groups - {None})))
        ),
        copied_enrolments={row.id for row in in_copy},
        copied_students={(row.project_id, row.student_code) for row in in_copy},
    )


async def put_back(session: AsyncSession, returning: Sequence[Returning]) -> None:
    """Insert what these students had; none of it is there."""
    await bring(
        session,
        Student,
        [
            {
                "project_id": one.project,
                "code": code,
                "school_id": one.school,
                "branch_id": one.branch,
                "department_id": one.department,
                "home_class_id": one.home_class,
            }
            for code, memory in returning
            for one in memory.students
        ],
    )
    await bring(
        session,
        Placement,
        [
            {
                "project_id": one.project,
                "student_code": code,
                "subject_code": one.subject,
                "lesson_group_id": one.group,
            }
            for code, memory in returning
            for one in memory.placements
        ],
    )
    enrolments = [(code, one) for code, memory in returning for one in memory.enrolments]
    await bring(
        session,
        CopyEnrolment,
        [
            {
                "id": one.id,
                "project_id": one.project,
                "student_code": code,
                "school_id": one.school,
                "branch_id": one.branch,
                "department_id": one.department,
                "home_class_id": one.home_class,
            }
            for code, one in enrolments
        ],
    )
    memberships = [
        {"enrolment_id": one.id, "group_id": group} for _, one in enrolments for group in one.groups
    ]
    await bring(session, CopyMembership, memberships)
    choices = [
        {"enrolment_id": one.id, "subject_code": code} for _, one in enrolments for code in one.choices
    ]
    await bring(session, CopyChoice, choices)


async def _seats(
    session: AsyncSession,
    model: type[HomeClass] | type[LessonGroup],
    ids: Iterable[int | None],
    sits_in: InstrumentedAttribute[Any],
    home_class: InstrumentedAttribute[Any],
) -> Mapping[Any, Seats]:
    """Of each of these: how many may sit in it, how many do, and whose home class it is."""
    taken = select(func.count()).where(sits_in == model.id).correlate(model).scalar_subquery()
    query = select(model.project_id, model.id, model.hard_max, taken, home_class)
    rows = await session.execute(query.where(among(model.id, {one for one in ids if one is not None})))
    return {(project, one): Seats(hard_max, size, bound) for project, one, hard_max, size, bound in rows}
