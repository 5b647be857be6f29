"""What a new file of a branch no longer names goes, unless students who stay still use it."""

from collections.abc import Collection

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import (
    HomeClass,
    Lesson,
    LessonGroup,
    LessonGroupDepartment,
    Placement,
    Slot,
    Student,
)
from desktop_sync.repositories.rows import delete_rows
from shared.contracts.ids import BranchId, GroupId, ProjectId
from shared.database.among import among


async def remove_groups(
    session: AsyncSession, project: ProjectId, branch: BranchId, named: Collection[str]
) -> int:
    """Lesson groups without a student, with their lessons; how many groups."""
    query = select(LessonGroup.id).where(
        LessonGroup.project_id == project,
        LessonGroup.branch_id == branch,
        ~among(LessonGroup.code, named),
        ~exists().where(Placement.lesson_group_id == LessonGroup.id),
    )
    unused = (await session.scalars(query)).all()
    if unused:
        await session.execute(delete(Lesson).where(among(Lesson.lesson_group_id, unused)))
        await session.execute(
            delete(LessonGroupDepartment).where(among(LessonGroupDepartment.lesson_group_id, unused))
        )
        await session.execute(delete(LessonGroup).where(among(LessonGroup.id, unused)))
    return len(unused)


async def remove_slots(
    session: AsyncSession, project: ProjectId, branch: BranchId, named: Collection[int]
) -> int:
    """Slots without a lesson."""
    return await delete_rows(
        session,
        delete(Slot).where(
            Slot.project_id == project,
            Slot.branch_id == branch,
            ~among(Slot.id, named),
            ~exists().where(Lesson.slot_id == Slot.id),
        ),
    )


async def remove_home_classes(
    session: AsyncSession, project: ProjectId, branch: BranchId, named: Collection[GroupId]
) -> int:
    """Home classes without a student or a bound lesson group."""
    return await delete_rows(
        session,
        delete(HomeClass).where(
            HomeClass.project_id == project,
            HomeClass.branch_id == branch,
            ~among(HomeClass.id, named),
            ~exists().where(Student.home_class_id == HomeClass.id),
            ~exists().where(LessonGroup.home_class_id == HomeClass.id),
        ),
    )
