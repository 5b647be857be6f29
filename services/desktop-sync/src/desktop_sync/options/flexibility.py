"""Room to move: how many alternatives each student of a department has, and what leaves some without.

An *alternative* is an option that is not how he stands now, with no more clashes than his limit: as many as
he has now, or as are allowed if that is more. Who has none is *stuck*.

A *lesson* (an hour of a group; each week where the group has that hour in both) frees a stuck student if
without it he had an alternative. A full *group* frees him if with one more seat in it he had one, and a full
*class* he is not in if with a seat in it and in the groups bound to it. Each is judged by itself. Whether
the lesson fits elsewhere is the question of lesson_move.
"""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from desktop_sync.options.listing import list_options
from desktop_sync.options.option import Option, clashes_of
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Department, Hour, Student

T = TypeVar("T")

FEW = 2
BUCKETS = ((0, 0), (1, FEW), (3, 9), (10, 99), (100, None))
"""From and up to how many alternatives."""

_ALL = sys.maxsize


class Lesson(NamedTuple):
    group: int
    hour: Hour


@dataclass(frozen=True, slots=True)
class Room:
    """How many alternatives; and what would free who has none."""

    alternatives: int
    lessons: frozenset[Lesson] = field(default_factory=frozenset)
    groups: frozenset[int] = field(default_factory=frozenset)
    classes: frozenset[int] = field(default_factory=frozenset)

    @property
    def is_freed(self) -> bool:
        """Whether a single lesson or seat would free him."""
        return bool(self.lessons or self.groups or self.classes)


@dataclass(frozen=True, slots=True)
class Flexibility:
    """By student his room."""

    rooms: Mapping[str, Room]

    @property
    def stuck(self) -> int:
        return self.having(0, 0)

    @property
    def few(self) -> int:
        return self.having(1, FEW)

    @property
    def held_by_more(self) -> int:
        """The stuck whom no single lesson or seat would free."""
        return sum(not room.alternatives and not room.is_freed for room in self.rooms.values())

    def having(self, least: int, most: int | None) -> int:
        """How many students have so many alternatives."""
        return sum(
            least <= room.alternatives and (most is None or room.alternatives <= most)
            for room in self.rooms.values()
        )

    def freed(self, by: Callable[[Room], Collection[T]]) -> dict[T, list[str]]:
        """Whom each of the lessons, groups or classes would free."""
        freed = dict[T, list[str]]()
        for code, room in self.rooms.items():
            for one in by(room):
                freed.setdefault(one, []).append(code)
        return freed


def flexibility(department: Department, max_clashes: int = 0, *, keep_class: bool = False) -> Flexibility:
    """The room of each student; with `keep_class` only in the class he is in."""
    # Many stand alike, and then have the same room.
    known = dict[tuple[int | None, frozenset[tuple[str, int | None]]], Room]()
    rooms = dict[str, Room]()
    for code, student in sorted(department.students.items()):
        standing = student.home_class, frozenset(student.groups.items())
        if standing not in known:
            known[standing] = _room(department, student, max_clashes, keep_class=keep_class)
        rooms[code] = known[standing]
    return Flexibility(rooms)


def _room(department: Department, student: Student, max_clashes: int, *, keep_class: bool) -> Room:
    masks = [department.groups[one].hours for one in student.groups.values() if one is not None]
    question = Question(
        student.code,
        k=1,
        max_clashes=max(max_clashes, clashes_of(masks)),
        homes=(student.home_class,) if keep_class else None,
        without_present=True,
    )
    if alternatives := list_options(department, question).total:
        return Room(alternatives)
    groups, classes = _seats(department, student, question)
    return Room(0, frozenset(_lessons(department, question)), groups, classes)


def _lessons(department: Department, question: Question) -> Iterator[Lesson]:
    """Of the options over his limit each lesson without which they were not."""
    most = question.max_clashes + len(department.cycle.weeks)
    for option in list_options(department, replace(question, k=_ALL, max_clashes=most)).rows:
        once = twice = 0
        for group in option.groups.values():
            twice |= once & department.groups[group].hours
            once |= department.groups[group].hours
        for group in option.groups.values():
            if department.groups[group].hours & twice:
                for hour in department.cycle.hours(department.groups[group].hours):
                    less = (department.cycle.mask([hour]) & twice).bit_count()
                    if option.clashes - less <= question.max_clashes:
                        yield Lesson(group, hour)


def _seats(
    department: Department, student: Student, question: Question
) -> tuple[frozenset[int], frozenset[int]]:
    """Of the options that only seats forbid the group or the class that is the one without."""
    groups, classes = set[int](), set[int]()
    for option in list_options(department, replace(question, k=_ALL, seats=False)).rows:
        full_class = _full_class(department, student, option)
        full = {
            group.id
            for group in map(department.groups.__getitem__, option.groups.values())
            if group.id != student.groups.get(group.subject)
            and group.size >= group.hard_max
            and (full_class is None or group.home_class != full_class)
        }
        if full_class is not None and not full:
            classes.add(full_class)
        elif full_class is None and len(full) == 1:
            groups |= full
    return frozenset(groups), frozenset(classes)


def _full_class(department: Department, student: Student, option: Option) -> int | None:
    if option.home_class is None or option.home_class == student.home_class:
        return None
    one = department.classes[option.home_class]
    return one.id if one.size >= one.hard_max else None
