"""Taking students out of projects and of the copy, remembering each row.

Six statements for any number of students; three where only the copy lets them go.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Table, delete
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import (
    CopyChoice,
    CopyEnrolment,
    CopyMembership,
    Placement,
    PlacementStep,
    Student,
)
from desktop_sync.models.memory import Memory, RemovedEnrolment, RemovedPlacement, RemovedStudent
from desktop_sync.repositories.rows import Found
from shared.contracts.ids import EnrolmentId, ProjectId, StudentCode
from shared.database.set_based import as_rows, table_of

InProject = tuple[ProjectId, StudentCode]

_PLACEMENT, _STUDENT, _STEP = map(table_of, (Placement, Student, PlacementStep))
_ENROLMENT, _MEMBERSHIP, _CHOICE = map(table_of, (CopyEnrolment, CopyMembership, CopyChoice))


async def take_out(session: AsyncSession, leaving: Collection[InProject]) -> dict[InProject, Memory]:
    """Delete these students from these projects and from the copy; what each had, by project and code.

    A step that names one of them goes as a whole: it cannot be taken back without him.
    """
    if not leaving:
        return {}
    memories = await take_out_of_copy(session, leaving)
    gone = _leaving(leaving)
    await session.execute(
        delete(_STEP).where(
            _STEP.c.project_id == gone.c.project_id, _STEP.c.students.contains(array([gone.c.student_code]))
        )
    )
    for row in await _those(session, _PLACEMENT, _PLACEMENT.c.student_code, leaving):
        memories[row.project_id, row.student_code].placements.append(
            RemovedPlacement(project=row.project_id, subject=row.subject_code, group=row.lesson_group_id)
        )
    for row in await _those(session, _STUDENT, _STUDENT.c.code, leaving):
        memories[row.project_id, row.code].students.append(
            RemovedStudent(
                project=row.project_id,
                school=row.school_id,
                branch=row.branch_id,
                department=row.department_id,
                home_class=row.home_class_id,
            )
        )
    return memories


async def take_out_of_copy(session: AsyncSession, leaving: Collection[InProject]) -> dict[InProject, Memory]:
    """Delete their enrolments from the copy alone; what each had, by project and code."""
    if not leaving:
        return {}
    memories = {place: Memory() for place in leaving}
    groups = await _of_enrolments(session, _MEMBERSHIP, _MEMBERSHIP.c.group_id, leaving)
    choices = await _of_enrolments(session, _CHOICE, _CHOICE.c.subject_code, leaving)
    for row in await _those(session, _ENROLMENT, _ENROLMENT.c.student_code, leaving):
        memories[row.project_id, row.student_code].enrolments.append(
            RemovedEnrolment(
                id=row.id,
                project=row.project_id,
                school=row.school_id,
                branch=row.branch_id,
                department=row.department_id,
                home_class=row.home_class_id,
                groups=sorted(groups[row.id]),
                choices=sorted(choices[row.id]),
            )
        )
    return memories


def _leaving(leaving: Collection[InProject]) -> Any:
    pairs = [{"project_id": project, "student_code": student} for project, student in sorted(leaving)]
    return as_rows(_PLACEMENT, pairs)


async def _those(
    session: AsyncSession, table: Table, code: Any, leaving: Collection[InProject]
) -> Sequence[Found]:
    gone = _leaving(leaving)
    statement = delete(table).where(table.c.project_id == gone.c.project_id, code == gone.c.student_code)
    return (await session.execute(statement.returning(table))).all()


async def _of_enrolments(
    session: AsyncSession, table: Table, what: Any, leaving: Collection[InProject]
) -> defaultdict[EnrolmentId, list[Any]]:
    gone = _leaving(leaving)
    statement = delete(table).where(
        table.c.enrolment_id == _ENROLMENT.c.id,
        _ENROLMENT.c.project_id == gone.c.project_id,
        _ENROLMENT.c.student_code == gone.c.student_code,
    )
    found: defaultdict[EnrolmentId, list[Any]] = defaultdict(list)
    for enrolment, one in await session.execute(statement.returning(table.c.enrolment_id, what)):
        found[enrolment].append(one)
    return found
