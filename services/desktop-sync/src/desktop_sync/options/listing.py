"""All options of a student, the best first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop_sync.options.option import Option, cost_of_class, cost_of_group, key
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Department, Group, Student


@dataclass(frozen=True, slots=True)
class Listing:
    """The best k of `total` options."""

    total: int
    rows: tuple[Option, ...]


def list_options(department: Department, question: Question) -> Listing:
    """Complete and ranked: `total` counts every option there is. Raises KeyError for an unknown student."""
    student = department.students[question.student]
    found = [
        option
        for home_class in homes_of(department, question)
        if may_be_in(department, student, home_class, question)
        for option in _in_class(department, student, home_class, question)
    ]
    found.sort(key=lambda option: key(department, option))
    return Listing(len(found), tuple(found[: question.k]))


def homes_of(department: Department, question: Question) -> tuple[int | None, ...]:
    return department.class_ids if question.homes is None else question.homes


def may_be_in(department: Department, student: Student, home_class: int | None, question: Question) -> bool:
    """Whether there is a seat in this class for him; where he is, none is asked."""
    if home_class is None or home_class == student.home_class or not question.seats:
        return True
    one = department.classes[home_class]
    return one.size < one.hard_max


def candidates(
    department: Department, student: Student, home_class: int | None, question: Question
) -> Mapping[str, list[Group]]:
    """By subject the groups in which he could have it, who is in this class; by code."""
    subjects = student.groups.keys() if question.subjects is None else question.subjects
    return {
        subject: [
            group
            for group in department.by_subject.get(subject, ())
            if _may_join(student.groups.get(subject), group, home_class, question)
        ]
        for subject in sorted(subjects)
    }


def _may_join(now: int | None, group: Group, home_class: int | None, question: Question) -> bool:
    if group.home_class is not None and group.home_class != home_class:
        return False
    if group.id in question.excluded or group.hours & question.blocked:
        return False
    if group.id == now:
        return True
    return group.subject not in question.locked and (not question.seats or group.size < group.hard_max)


def _in_class(
    department: Department, student: Student, home_class: int | None, question: Question
) -> Iterator[Option]:
    open_to_him = candidates(department, student, home_class, question)
    now = {s: department.groups[g] for s, g in student.groups.items() if g is not None}
    of_class = cost_of_class(department, student, home_class)

    def place(subjects: list[str], used: int, clashes: int, chosen: dict[str, Group]) -> Iterator[Option]:
        if not subjects:
            costs = [of_class, *(cost_of_group(now.get(s), group) for s, group in chosen.items())]
            changes, overfull, balance = map(sum, zip(*costs, strict=True))
            groups = {subject: chosen[subject].id for subject in open_to_him}
            if not question.without_present or home_class != student.home_class or groups != student.groups:
                idle = department.cycle.idle(used)
                yield Option(home_class, groups, clashes, changes, overfull, balance, idle)
            return
        for group in open_to_him[subjects[0]]:
            more = clashes + (used & group.hours).bit_count()
            if more <= question.max_clashes:
                yield from place(subjects[1:], used | group.hours, more, chosen | {subjects[0]: group})

    yield from place(sorted(open_to_him, key=lambda one: len(open_to_him[one])), 0, 0, {})
