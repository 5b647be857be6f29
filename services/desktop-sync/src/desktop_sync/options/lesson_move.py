"""If a lesson of a group stood elsewhere, or got its first slot: who clashes, how does he get out.

Each student is judged by himself: two of them may count on the same seat.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from desktop_sync.options.listing import list_options
from desktop_sync.options.option import Option, clashes_of, hours_of
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Cycle, Department, Hour, Student


class Meeting(NamedTuple):
    """Another lesson group of his that is at once with the one that moves."""

    group: int
    hours: tuple[Hour, ...]


@dataclass(frozen=True, slots=True)
class Touched:
    """A student of the group. `way_out`, for who clashes anew: his best option then with no more clashes
    than he has now, None when there is none.
    """

    student: str
    clashes_now: int
    clashes_then: int
    gains: tuple[Meeting, ...]
    loses: tuple[Meeting, ...]
    idle_now: int
    idle_then: int
    way_out: Option | None


@dataclass(frozen=True, slots=True)
class LessonMove:
    """The department as it would be, and its students in the group, by code."""

    department: Department
    students: tuple[Touched, ...]


def move_lesson(
    department: Department, group: int, hours: Collection[Hour], *, keep_class: bool = False
) -> LessonMove:
    """What it means for the students of a department that the lessons of a group are in these `hours` then.

    All its hours: of two lessons in one hour one may move. With `keep_class` nobody gets out by another
    class.
    """
    now = _reaching(department, hours)
    moved = replace(now.groups[group], hours=now.cycle.mask(hours))
    then = replace(now, groups={**now.groups, group: moved})
    students = sorted(
        (one for one in now.students.values() if group in one.groups.values()), key=lambda one: one.code
    )
    return LessonMove(
        then, tuple(_touched(now, then, group, student, keep_class=keep_class) for student in students)
    )


def _touched(now: Department, then: Department, group: int, student: Student, *, keep_class: bool) -> Touched:
    before, after = now.groups[group].hours, then.groups[group].hours
    gains = tuple(_meetings(now, student, group, after & ~before))
    clashes = _clashes(now, student)
    way_out = None
    if gains:
        question = Question(
            student.code,
            k=1,
            max_clashes=clashes,
            homes=(student.home_class,) if keep_class else None,
            without_present=True,
        )
        way_out = next(iter(list_options(then, question).rows), None)
    return Touched(
        student=student.code,
        clashes_now=clashes,
        clashes_then=_clashes(then, student),
        gains=gains,
        loses=tuple(_meetings(now, student, group, before & ~after)),
        idle_now=now.cycle.idle(hours_of(now, student.groups)),
        idle_then=then.cycle.idle(hours_of(then, student.groups)),
        way_out=way_out,
    )


def _meetings(department: Department, student: Student, group: int, hours: int) -> Iterator[Meeting]:
    """His other groups that have a lesson in these hours, by subject."""
    for _, other in sorted(student.groups.items()):
        if other is not None and other != group and (at := department.groups[other].hours & hours):
            yield Meeting(other, tuple(department.cycle.hours(at)))


def _clashes(department: Department, student: Student) -> int:
    return clashes_of([department.groups[one].hours for one in student.groups.values() if one is not None])


def _reaching(department: Department, hours: Collection[Hour]) -> Department:
    """The same department, in a cycle that has these hours too."""
    cycle = department.cycle
    if all(_holds(cycle, hour) for hour in hours):
        return department
    known = {one.id: cycle.hours(one.hours) for one in department.groups.values()}
    wider = Cycle.of([*hours, *(hour for one in known.values() for hour in one)])
    groups = {one.id: replace(one, hours=wider.mask(known[one.id])) for one in department.groups.values()}
    return replace(department, cycle=wider, groups=groups)


def _holds(cycle: Cycle, hour: Hour) -> bool:
    return (
        hour.week in {None, *cycle.weeks}
        and hour.day < cycle.days
        and 0 <= hour.period - cycle.first_period < cycle.periods
    )
