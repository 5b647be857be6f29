"""The room a department has in the present timetable: for whom nothing else fits, and what leaves them so."""

from collections.abc import Iterable, Mapping
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response

from desktop_sync.api.access import Reader, Work
from desktop_sync.api.flexibility_shown import (
    Bucket,
    FreeingClass,
    FreeingGroup,
    FreeingLesson,
    ShownFlexibility,
    StudentRoom,
)
from desktop_sync.api.options import MOST_CLASHES
from desktop_sync.api.options_shown import ShownClass, ShownHour, ShownLessonGroup
from desktop_sync.api.students import shown
from desktop_sync.features.flexibility import RoomInDepartment, flexibility_of
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.options.flexibility import BUCKETS, Lesson
from desktop_sync.options.timetable import Group, HomeClass
from shared.contracts.ids import DepartmentId, GroupId, ProjectId, StudentCode
from shared.contracts.rights import Permission
from shared.runtime.input import PathId

T = TypeVar("T", Group, HomeClass)

router = APIRouter(prefix="/projects/{project_id}/departments/{department_id}/flexibility", tags=["options"])


@router.get("")
async def show_flexibility(  # noqa: PLR0913, PLR0917 - where, and what may be asked
    caller: Reader,
    uow: Work,
    project_id: PathId,
    department_id: PathId,
    response: Response,
    max_clashes: Annotated[int, Query(ge=0, le=MOST_CLASHES)] = 0,
) -> ShownFlexibility:
    """How many alternatives each student has, with no more clashes than he has now or than `max_clashes`.

    Where the portal leads the home classes, in the class each is in.
    """
    scope = caller.scope(Permission.READ_DESKTOP)
    room = await flexibility_of(uow, ProjectId(project_id), DepartmentId(department_id), max_clashes, scope)
    response.headers["ETag"] = f'"{room.look.version.revision}"'
    found = room.found
    return ShownFlexibility(
        revision=room.look.version.revision,
        department=room.look.department,
        home_class_led_by=room.look.led_by,
        max_clashes=max_clashes,
        size=len(found.rooms),
        stuck=found.stuck,
        few=found.few,
        held_by_more=found.held_by_more,
        distribution=[
            Bucket(least=least, most=most, students=found.having(least, most)) for least, most in BUCKETS
        ],
        lessons=_lessons(room),
        full_groups=_groups(room),
        full_classes=_classes(room),
        students=_students(room),
    )


def _lessons(room: RoomInDepartment) -> list[FreeingLesson]:
    """Who is freed most first, then by code and hour."""
    groups = room.department.groups
    freed = room.found.freed(lambda one: one.lessons)

    def rank(lesson: Lesson) -> tuple[object, ...]:
        week, day, period = lesson.hour
        return -len(freed[lesson]), groups[lesson.group].code, day, period, week or ""

    return [
        FreeingLesson(
            group=_group(groups[lesson.group]),
            subject=groups[lesson.group].subject,
            hour=ShownHour.model_validate(lesson.hour, from_attributes=True),
            lessons=list(_ids(room, lesson)),
            students=[StudentCode(code) for code in freed[lesson]],
        )
        for lesson in sorted(freed, key=rank)
    ]


def _ids(room: RoomInDepartment, lesson: Lesson) -> Iterable[int]:
    """The lessons of the group in this hour; in both weeks that may be one of each."""
    for one in room.lessons:
        same = (one.lesson_group_id, one.day, one.period) == (lesson.group, *lesson.hour[1:])
        if same and (lesson.hour.week is None or one.week in {None, lesson.hour.week}):
            yield one.id


def _groups(room: RoomInDepartment) -> list[FreeingGroup]:
    freed = room.found.freed(lambda one: one.groups)
    return [
        FreeingGroup(
            group=_group(group),
            subject=group.subject,
            size=group.size,
            hard_max=group.hard_max,
            students=[StudentCode(code) for code in freed[group.id]],
        )
        for group in _ranked((room.department.groups[one] for one in freed), freed)
    ]


def _classes(room: RoomInDepartment) -> list[FreeingClass]:
    freed = room.found.freed(lambda one: one.classes)
    return [
        FreeingClass(
            home_class=ShownClass(id=GroupId(one.id), code=one.code),
            size=one.size,
            hard_max=one.hard_max,
            students=[StudentCode(code) for code in freed[one.id]],
        )
        for one in _ranked((room.department.classes[one] for one in freed), freed)
    ]


def _ranked(full: Iterable[T], freed: Mapping[int, list[str]]) -> list[T]:
    return sorted(full, key=lambda one: (-len(freed[one.id]), one.code))


def _group(group: Group) -> ShownLessonGroup:
    return ShownLessonGroup(id=LessonGroupId(group.id), code=group.code)


def _students(room: RoomInDepartment) -> list[StudentRoom]:
    """Who has least room first, then by name."""
    rooms = room.found.rooms
    return [
        StudentRoom(
            **shown(row),
            alternatives=rooms[code].alternatives,
            freed_by_lessons=len(rooms[code].lessons),
            freed_by_seats=len(rooms[code].groups) + len(rooms[code].classes),
        )
        for code, row in sorted(room.people.items(), key=lambda one: rooms[one[0]].alternatives)
    ]
