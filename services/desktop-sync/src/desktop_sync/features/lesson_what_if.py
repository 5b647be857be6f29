"""What if a lesson stood in another slot, or got its first? Nothing changes by asking."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop_sync.errors import UnknownSlot
from desktop_sync.features.kept_departments import kept_departments
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.options.lesson_move import LessonMove, move_lesson
from desktop_sync.options.timetable import Department, Hour
from desktop_sync.repositories.rows import Found
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import ProjectId, StudentCode
from shared.contracts.values import Authority
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`moves`: of each department that has students in the group; `people`: how lists show them, by code."""

    revision: int
    lesson: Found
    now: Hour | None
    then: Hour
    moves: Sequence[LessonMove]
    people: Mapping[StudentCode, Found]

    @property
    def elsewhere(self) -> int:
        """Students of the group in branches that the caller does not see."""
        seen: int = sum(len(move.students) for move in self.moves)
        size: int = self.lesson.size
        return size - seen


async def what_if(
    uow: DesktopUnitOfWork, project_id: ProjectId, lesson_id: int, slot_id: int, scope: Scope
) -> WhatIf:
    """Raises NotFound, UnknownSlot."""
    await uow.timetable_departments.look_once()
    project = await uow.projects.get(project_id, scope)
    revision = project.revision
    lesson = await uow.lessons.get(project_id, lesson_id, scope)
    slot = await uow.lessons.slot(project_id, lesson.branch_id, slot_id)
    if slot is None:
        raise UnknownSlot(slot=slot_id)
    then = Hour(slot.week, slot.day, slot.period)
    hours = {
        one.id: Hour(one.week, one.day, one.period)
        for one in await uow.lessons.of_groups([lesson.group_id])
        if one.slot_id is not None
    }
    departments = await _with_students_in(uow, project_id, lesson.group_id, scope)
    people = await uow.students.shown_of(project_id, _in_group(departments, lesson.group_id), scope)
    await uow.discard()  # nothing more is read: meanwhile others may have the connection
    hours_then = [*(hours | {lesson_id: then}).values()]
    moves = [
        await to_thread(move_lesson, department, lesson.group_id, hours_then, keep_class=keep_class)
        for department, keep_class in departments
    ]
    return WhatIf(revision, lesson, hours.get(lesson_id), then, moves, people)


async def _with_students_in(
    uow: DesktopUnitOfWork, project: ProjectId, group: LessonGroupId, scope: Scope
) -> list[tuple[Department, bool]]:
    """The departments, and whether their students keep their class because the portal leads it."""
    return [
        (
            await kept_departments.at(uow, look.version, project, look.department),
            look.led_by is Authority.PORTAL,
        )
        for look in await uow.timetable_departments.of_group(project, group, scope)
    ]


def _in_group(departments: Sequence[tuple[Department, bool]], group: LessonGroupId) -> list[StudentCode]:
    return [
        StudentCode(student.code)
        for department, _ in departments
        for student in department.students.values()
        if group in student.groups.values()
    ]
