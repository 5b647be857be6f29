from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import Lesson, LessonGroup, Placement, Slot
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.repositories.rows import Found
from shared.contracts.ids import BranchId, ProjectId
from shared.database.among import among
from shared.errors import NotFound
from shared.runtime.access import Scope

_HOUR = (Slot.week, Slot.day, Slot.period)


class Lessons:
    """Single lessons, and the slots they may be in."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, project: ProjectId, lesson: int, scope: Scope) -> Found:
        """A lesson with its group and how many students that has. Raises NotFound."""
        size = select(func.count()).where(Placement.lesson_group_id == LessonGroup.id).correlate(LessonGroup)
        query = (
            select(
                Lesson.id,
                LessonGroup.id.label("group_id"),
                LessonGroup.code,
                LessonGroup.subject_code,
                LessonGroup.branch_id,
                size.scalar_subquery().label("size"),
            )
            .join(LessonGroup, LessonGroup.id == Lesson.lesson_group_id)
            .where(
                Lesson.id == lesson,
                LessonGroup.project_id == project,
                scope.covers(LessonGroup.branch_id),
            )
        )
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            raise NotFound
        return found

    async def of_groups(self, groups: Collection[LessonGroupId]) -> Sequence[Found]:
        """Their lessons with the hour of each, in the order of the week; nothing where it has no slot."""
        query: Select[*tuple[Any, ...]] = (
            select(Lesson.id, Lesson.lesson_group_id, Lesson.slot_id, *_HOUR)
            .outerjoin(Slot, Slot.id == Lesson.slot_id)
            .where(among(Lesson.lesson_group_id, groups))
            .order_by(*_HOUR, Lesson.id)
        )
        return (await self._session.execute(query)).all()

    async def slot(self, project: ProjectId, branch: BranchId, slot: int) -> Found | None:
        """A slot of a branch, by its id."""
        query = select(Slot.id, *_HOUR).where(
            Slot.project_id == project, Slot.branch_id == branch, Slot.id == slot
        )
        return (await self._session.execute(query)).one_or_none()
