"""A lesson elsewhere, against its definition: the hours of each student are counted one by one."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from desktop_sync.options.lesson_move import Touched, move_lesson
from desktop_sync.options.listing import list_options
from desktop_sync.options.option import Option
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Cycle, Department, Group, Hour, Student
from tests.desktop_sync.options.random_departments import random_department

Week = Counter[tuple[str, int, int]]


def in_both_weeks(hours: list[Hour]) -> set[tuple[str, int, int]]:
    return {(week, h.day, h.period) for h in hours for week in "AB" if h.week in {None, week}}


def week_of(department: Department, groups: list[int]) -> Week:
    """How many of these are in each hour of two weeks."""
    hours = [department.cycle.hours(department.groups[group].hours) for group in groups]
    return Counter(hour for one in hours for hour in in_both_weeks(one))


def clashes(department: Department, week: Week) -> int:
    both = sum(number - 1 for number in week.values())
    return both if len(department.cycle.weeks) > 1 else both // 2


def idle(department: Department, week: Week) -> int:
    days = dict[tuple[str, int], list[int]]()
    for name, day, period in week:
        days.setdefault((name, day), []).append(period)
    both = sum(max(day) - min(day) + 1 - len(day) for day in days.values())
    return both if len(department.cycle.weeks) > 1 else both // 2


def a_move(seed: int) -> tuple[Department, int, list[Hour]]:
    """One of the lessons of a group stands at an hour that another group has, or is its first."""
    dice = random.Random(seed)
    department = random_department(seed)
    if not department.groups:
        return a_move(seed + 10_000)
    group = dice.choice(sorted(department.groups))
    hours = department.cycle.hours(department.groups[group].hours)
    dice.shuffle(hours)
    taken = [h for one in department.groups.values() for h in department.cycle.hours(one.hours)]
    return (
        department,
        group,
        [*hours[1:], dice.choice(taken or [Hour(None, 0, department.cycle.first_period)])],
    )


def best(department: Department, student: Student, limit: int) -> Option | None:
    rows = list_options(department, Question(student.code, k=10_000, max_clashes=limit)).rows
    others = (r for r in rows if (r.home_class, r.groups) != (student.home_class, student.groups))
    return next(others, None)


def test_who_clashes_and_how_he_gets_out_is_what_the_definition_says() -> None:
    seen = Counter[str]()
    for department, group, hours in map(a_move, range(400)):
        found = move_lesson(department, group, hours)
        mask = department.cycle.mask(hours)
        moved = replace(department.groups[group], hours=mask)
        then = replace(department, groups={**department.groups, group: moved})
        assert found.department == then
        in_it = {code for code, one in department.students.items() if group in one.groups.values()}
        assert [one.student for one in found.students] == sorted(in_it)
        for one in found.students:
            student = department.students[one.student]
            his = [g for g in student.groups.values() if g is not None]
            before, after = week_of(department, his), week_of(then, his)
            was, will_be = week_of(department, [group]), week_of(then, [group])
            assert (one.clashes_now, one.clashes_then) == (clashes(then, before), clashes(then, after))
            assert (one.idle_now, one.idle_then) == (idle(then, before), idle(then, after))
            for told, new in ((one.gains, will_be - was), (one.loses, was - will_be)):
                assert {meeting.group: in_both_weeks(list(meeting.hours)) for meeting in told} == {
                    g: at for g in his if g != group and (at := set(week_of(then, [g]) & new))
                }
            way_out = best(then, student, one.clashes_now) if one.gains else None
            assert one.way_out == way_out
            seen += Counter(name for name in Touched.__slots__ if getattr(one, name))
            seen["no way out"] += bool(one.gains) and way_out is None
    assert all(seen[name] for name in [*Touched.__slots__, "no way out"]), seen


@pytest.mark.parametrize("to", [Hour(None, 4, 9), Hour(None, 0, 0), Hour("B", 0, 1)])
def test_a_slot_outside_the_weeks_of_the_department_is_no_hour_of_another_day(to: Hour) -> None:
    cycle = Cycle.of([Hour(None, 0, 1), Hour(None, 1, 2)])
    english = Group(1, "en1", "en", None, 1, 9, 9, cycle.mask([Hour(None, 0, 1)]))
    maths = Group(2, "wi1", "wi", None, 1, 9, 9, cycle.mask([Hour(None, 1, 2)]), unscheduled=1)
    department = Department(
        cycle,
        {},
        {1: english, 2: maths},
        frozenset([1, 2]),
        {"900": Student("900", None, {"en": 1, "wi": 2})},
    )
    (moved,) = move_lesson(department, 2, [Hour(None, 1, 2), to]).students
    meets = to[1:] == (0, 1)
    assert [meeting.hours for meeting in moved.gains] == ([(to,)] if meets else [])
    assert (moved.clashes_now, moved.clashes_then) == (0, int(meets))


def test_with_the_class_kept_nobody_gets_out_by_another_class() -> None:
    ways = Counter[bool]()
    for department, group, hours in map(a_move, range(300)):
        free = move_lesson(department, group, hours).students
        kept = move_lesson(department, group, hours, keep_class=True).students
        for one, other in zip(free, kept, strict=True):
            if other.way_out:
                assert other.way_out.home_class == department.students[one.student].home_class
            ways[one.way_out is not None and other.way_out is None] += 1
    assert ways[True]
