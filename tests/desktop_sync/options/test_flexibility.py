"""Room to move, against its definition: each lesson is left out, each seat added, and all is tried again."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import pytest

from desktop_sync.options.flexibility import Flexibility, Lesson, Room, flexibility
from desktop_sync.options.listing import list_options
from desktop_sync.options.option import clashes_of
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Department, Group, HomeClass, Student
from tests.desktop_sync.options.random_departments import random_department

T = TypeVar("T", Group, HomeClass)

SEEDS = range(150)


def alternatives(department: Department, student: Student, limit: int, *, keep_class: bool) -> int:
    """Every option is looked at, and those that are how he stands now left out."""
    homes = (student.home_class,) if keep_class else None
    rows = list_options(department, Question(student.code, k=10_000, max_clashes=limit, homes=homes)).rows
    return sum((row.home_class, row.groups) != (student.home_class, student.groups) for row in rows)


def without_lesson(department: Department) -> Iterator[tuple[Lesson, Department]]:
    for group in department.groups.values():
        for hour in department.cycle.hours(group.hours):
            less = replace(group, hours=group.hours & ~department.cycle.mask([hour]))
            yield Lesson(group.id, hour), replace(department, groups={**department.groups, group.id: less})


def roomier(one: T) -> T:
    return replace(one, hard_max=max(one.hard_max, one.size + 1))


def with_seat(department: Department) -> Iterator[tuple[int, Department]]:
    for group in department.groups.values():
        yield group.id, replace(department, groups={**department.groups, group.id: roomier(group)})


def with_place(department: Department, student: Student) -> Iterator[tuple[int, Department]]:
    for one in department.classes.values():
        if one.size >= one.hard_max and one.id != student.home_class:
            groups = {g.id: roomier(g) if g.home_class == one.id else g for g in department.groups.values()}
            classes = {**department.classes, one.id: roomier(one)}
            yield one.id, replace(department, groups=groups, classes=classes)


def room_of(department: Department, student: Student, max_clashes: int, *, keep_class: bool) -> Room:
    now = clashes_of([department.groups[g].hours for g in student.groups.values() if g is not None])
    limit = max(now, max_clashes)

    def has_room(changed: Department) -> bool:
        return alternatives(changed, student, limit, keep_class=keep_class) > 0

    if has_room(department):
        return Room(alternatives(department, student, limit, keep_class=keep_class))
    return Room(
        0,
        frozenset(lesson for lesson, changed in without_lesson(department) if has_room(changed)),
        frozenset(group for group, changed in with_seat(department) if has_room(changed)),
        frozenset(one for one, changed in with_place(department, student) if has_room(changed)),
    )


@pytest.mark.parametrize(("max_clashes", "keep_class"), [(0, False), (0, True), (1, False)])
def test_room_is_what_its_definition_says(max_clashes: int, keep_class: bool) -> None:
    seen = Counter[str]()
    for department in map(random_department, SEEDS):
        found = flexibility(department, max_clashes, keep_class=keep_class)
        for code, student in department.students.items():
            room = room_of(department, student, max_clashes, keep_class=keep_class)
            assert found.rooms[code] == room
            seen += Counter(name for name in Room.__slots__ if getattr(room, name))
            seen["in both weeks"] += len(department.cycle.weeks) > 1 and bool(room.lessons)
    must = set(Room.__slots__) - ({"classes"} if keep_class else set())
    assert all(seen[one] for one in [*must, "in both weeks"]), seen


def test_students_are_counted_by_what_room_they_have() -> None:
    lesson = Lesson(1, None)  # type: ignore[arg-type]
    found = Flexibility(
        {
            "900": Room(0, frozenset([lesson])),
            "901": Room(0, frozenset([lesson]), frozenset([7])),
            "902": Room(0),
            "903": Room(1),
            "904": Room(2),
            "905": Room(3),
        }
    )
    assert (found.stuck, found.few, found.held_by_more, found.having(3, None)) == (3, 2, 1, 1)
    assert found.freed(lambda room: room.lessons) == {lesson: ["900", "901"]}
    assert found.freed(lambda room: room.groups) == {7: ["901"]}
    assert not found.freed(lambda room: room.classes)
