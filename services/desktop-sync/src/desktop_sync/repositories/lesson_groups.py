from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import Lesson, LessonGroup, LessonGroupDepartment, Placement, Slot
from desktop_sync.models.lesson_group import LessonGroupId
from shared.contracts.ids import DepartmentId, ProjectId
from shared.database.among import among
from shared.runtime.access import Scope
from shared.runtime.paging import Keyset


class LessonGroups:
    """Lesson groups with their counted sizes and their lessons."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(
        self, keyset: Keyset, project: ProjectId, scope: Scope, department: DepartmentId | None
    ) -> Sequence[Row[LessonGroup, int]]:
        """Groups and how many students are in each."""
        size = (
            select(func.count())
            .where(Placement.lesson_group_id == LessonGroup.id)
            .correlate(LessonGroup)
            .scalar_subquery()
        )
        query = select(LessonGroup, size.label("size")).where(
            LessonGroup.project_id == project, scope.covers(LessonGroup.branch_id)
        )
        if department is not None:
            query = query.where(
                exists().where(
                    LessonGroupDepartment.lesson_group_id == LessonGroup.id,
                    LessonGroupDepartment.department_id == department,
                )
            )
        return (await self._session.execute(keyset.apply(query))).all()

    async def lessons_of(
        self, groups: Collection[LessonGroupId]
    ) -> dict[LessonGroupId, list[tuple[int, Slot | None]]]:
        """Each lesson with its slot in the order of the week; None for one that has no slot yet."""
        query = (
            select(Lesson.lesson_group_id, Lesson.id, Slot)
            .outerjoin(Slot, Slot.id == Lesson.slot_id)
            .where(among(Lesson.lesson_group_id, groups))
            .order_by(Slot.week, Slot.day, Slot.period, Lesson.id)
        )
        lessons: dict[Any, list[tuple[int, Slot | None]]] = defaultdict(list)
        for group, lesson, slot in await self._session.execute(query):
            lessons[group].append((lesson, slot))
        return lessons
