"""An assignment judged anew: what it costs in the present timetable, or why it may not be."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from desktop_sync.options.assignment import Assignment
from desktop_sync.options.listing import homes_of, may_be_in
from desktop_sync.options.option import Option, clashes_of
from desktop_sync.options.question import Question
from desktop_sync.options.swap import row_of, seats_of, short_of
from desktop_sync.options.timetable import Department, Student

Moves = Mapping[str, Mapping[str, int]]


class Problem(NamedTuple):
    """Why not; `about` is a subject or the code of a group, class or student; an id where nobody knows it."""

    code: str
    about: str


def judge(
    department: Department, student: str, assignment: Assignment, question: Question | None = None
) -> Option | list[Problem]:
    """The row (an Option, a Swap) with what it costs now, or the problems, which are never none.

    Without a question any number of his own clashes is allowed and his package is the one he has. Who and
    what nobody knows is a problem too, never an error.
    """
    person = department.students.get(student)
    if person is None:
        return [Problem("unknown_student", student)]
    asked = question or Question(student, max_clashes=sys.maxsize)
    problems = [
        *_of_class(department, person, assignment.home_class, asked),
        *_of_groups(department, person, assignment, asked),
        *_of_those_named(department, person, assignment),
    ]
    if problems:
        return problems
    groups = {department.groups[group].subject: group for group in sorted(assignment.groups)}
    others = {
        code: {department.groups[group].subject: group for group in sorted(to)}
        for code, to in sorted(assignment.others)
    }
    problems = [
        *_of_others(department, person, groups, others),
        *(Problem("group_full", code) for code in _full(department, person, groups, others, asked)),
    ]
    if problems:
        return problems
    row = row_of(department, person, assignment.home_class, groups, tuple(others.items()))
    if row.clashes > asked.max_clashes:
        problems.append(Problem("clashes", student))
    problems += _of_those_not_needed(department, person, groups, others, asked)
    return problems or row


def _of_class(
    department: Department, student: Student, home_class: int | None, question: Question
) -> Iterator[Problem]:
    asked = {*homes_of(department, question), *([student.home_class] if question.homes is None else [])}
    known = None if home_class is None else department.classes.get(home_class)
    if home_class is not None and known is None:
        yield Problem("unknown_class", str(home_class))
    elif home_class not in asked:
        yield Problem("class_not_asked", known.code) if known else Problem("class_missing", student.code)
    elif known and not may_be_in(department, student, home_class, question):
        yield Problem("class_full", known.code)


def _of_groups(
    department: Department, student: Student, assignment: Assignment, question: Question
) -> Iterator[Problem]:
    package = set(student.groups if question.subjects is None else question.subjects)
    found = Counter[str]()
    for number in assignment.groups:
        yield from _of_group(department, number, assignment.home_class)
        if group := department.groups.get(number):
            found[group.subject] += 1
            if number in question.excluded:
                yield Problem("group_excluded", group.code)
            if group.hours & question.blocked:
                yield Problem("hour_blocked", group.code)
            if group.subject in question.locked and number != student.groups.get(group.subject):
                yield Problem("subject_locked", group.subject)
    yield from (Problem("not_his_subject", subject) for subject in sorted(found.keys() - package))
    yield from (Problem("subject_missing", subject) for subject in sorted(package - found.keys()))
    yield from (Problem("subject_twice", subject) for subject, times in sorted(found.items()) if times > 1)


def _of_group(department: Department, number: int, home_class: int | None) -> Iterator[Problem]:
    group = department.groups.get(number)
    if group is None or number not in department.offered:
        yield Problem("unknown_group", str(number) if group is None else group.code)
    elif group.home_class not in {None, home_class}:
        yield Problem("not_for_this_class", group.code)


def _of_those_named(department: Department, student: Student, assignment: Assignment) -> Iterator[Problem]:
    named = {student.code}
    for code, numbers in assignment.others:
        if code in named:
            yield Problem("student_twice", code)
        named.add(code)
        other = department.students.get(code)
        if other is None:
            yield Problem("other_moved", code)
            continue
        if None in other.groups.values():
            yield Problem("other_unplaced", code)
        for number in numbers:
            yield from _of_group(department, number, other.home_class)
        groups = [department.groups[number] for number in numbers if number in department.groups]
        if any(other.groups.get(group.subject) in {None, group.id} for group in groups):
            yield Problem("other_moved", code)
        if len({group.subject for group in groups}) < len(groups):
            yield Problem("subject_twice", code)


def _of_others(
    department: Department, student: Student, groups: Mapping[str, int], others: Moves
) -> Iterator[Problem]:
    """One who no longer leaves a group that somebody comes to; one who would get a clash."""
    joined = {group for subject, group in groups.items() if group != student.groups.get(subject)}
    joined |= {group for to in others.values() for group in to.values()}
    for code, to in others.items():
        other = department.students[code]
        if joined.isdisjoint(other.groups[subject] for subject in to):
            yield Problem("other_moved", code)
        if _clashes(department, {**other.groups, **to}) > _clashes(department, other.groups):
            yield Problem("other_clashes", code)


def _of_those_not_needed(
    department: Department, student: Student, groups: Mapping[str, int], others: Moves, question: Question
) -> Iterator[Problem]:
    for code in others:
        rest = {one: to for one, to in others.items() if one != code}
        if not _full(department, student, groups, rest, question):
            yield Problem("other_not_needed", code)


def _full(
    department: Department, student: Student, groups: Mapping[str, int], others: Moves, question: Question
) -> list[str]:
    """The codes of the groups that would have more students than they may."""
    seats = seats_of(student, groups)
    for code, to in others.items():
        seats.update(seats_of(department.students[code], to))
    return sorted(group.code for group in short_of(department, seats)) if question.seats else []


def _clashes(department: Department, groups: Mapping[str, int | None]) -> int:
    return clashes_of([department.groups[group].hours for group in groups.values() if group is not None])
