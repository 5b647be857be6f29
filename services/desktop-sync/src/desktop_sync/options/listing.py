"""All options of a student, the best first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop_sync.options.option import Option, clashes_of
from desktop_sync.options.question import Question
from desktop_sync.options.search import Pair, Search
from desktop_sync.options.timetable import Department, Group, Student


@dataclass(frozen=True, slots=True)
class Listing:
    """The best k of `total` options."""

    total: int
    rows: tuple[Option, ...]


def list_options(department: Department, question: Question) -> Listing:
    """Complete and ranked: `total` counts every option there is. Raises KeyError for an unknown student.

    In another package (`subjects`) each subject that comes or is dropped is one change, and who leaves an
    unbound group makes it smaller. Clashes and idle hours are those of the package that is asked about.
    """
    student = department.students[question.student]
    groups = open_groups(department, student, question)
    search = Search(question.k + question.without_present, question.max_clashes, department.cycle.bits)
    pairs = list(_pairs(department, student, question, groups, search))
    total = sum(pair.total for pair in pairs)
    rows = [department.keys.option(key, list(groups)) for key in _best(department, pairs, search.k)]
    if question.without_present and _present_is_one(department, student, question, groups):
        total -= 1
        rows = [row for row in rows if row.home_class != student.home_class or row.groups != student.groups]
    return Listing(total, tuple(rows[: question.k]))


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
    return {
        subject: [group for group in groups if group.home_class in (None, home_class)]
        for subject, groups in open_groups(department, student, question).items()
    }


def open_groups(department: Department, student: Student, question: Question) -> Mapping[str, list[Group]]:
    """By subject the groups in which he could have it, would he be in their class; by code."""
    subjects = student.groups.keys() if question.subjects is None else question.subjects
    return {
        subject: [
            group
            for group in department.by_subject.get(subject, ())
            if _may_join(student.groups.get(subject), group, question)
        ]
        for subject in sorted(subjects)
    }


def _may_join(now: int | None, group: Group, question: Question) -> bool:
    if group.id in question.excluded or group.hours & question.blocked:
        return False
    if group.id == now:
        return True
    return group.subject not in question.locked and (not question.seats or group.size < group.hard_max)


def _pairs(
    department: Department,
    student: Student,
    question: Question,
    groups: Mapping[str, list[Group]],
    search: Search,
) -> Iterator[Pair]:
    """The subjects that have no bound groups are combined once, the others for each class."""
    keys = department.keys
    any_class, by_class = list[list[tuple[int, int]]](), list[list[tuple[int | None, int, int]]]()
    for subject, offered in groups.items():
        now = student.groups.get(subject)
        choices = [(one.home_class, one.hours, keys.of_group(now, one.id)) for one in offered]
        if any(bound is not None for bound, _, _ in choices):
            by_class.append(choices)
        else:
            any_class.append([(hours, key) for _, hours, key in choices])
    shared = search.start(
        sum(keys.of_dropping(student.groups[one]) for one in student.groups if one not in groups)
    )
    for choice in sorted(any_class, key=len):
        shared = search.join(shared, choice)
    if not shared.keys:
        return
    for home_class in homes_of(department, question):
        if may_be_in(department, student, home_class, question):
            own = search.start(keys.of_class(student, home_class))
            for choices in by_class:
                own = search.join(
                    own, [(hours, key) for bound, hours, key in choices if bound in (None, home_class)]
                )
            yield from search.pairs(own, shared, keys.of_clashes(1))


def _best(department: Department, pairs: list[Pair], k: int) -> list[int]:
    """The k least keys. Of a pair that cannot have one of them the hours are not looked at."""
    best = list[int]()
    for pair in sorted(pairs):
        if len(best) >= k and pair.least > best[-1]:
            break
        more = department.keys.of_hours(pair.used, pair.clashes)
        best += [key + other + more for key in pair.keys for other in pair.others]
        best.sort()
        del best[k:]
    return best


def _present_is_one(
    department: Department, student: Student, question: Question, groups: Mapping[str, list[Group]]
) -> bool:
    """Whether how he stands now is an option too."""
    now = [
        group
        for subject, offered in groups.items()
        for group in offered
        if group.id == student.groups.get(subject) and group.home_class in (None, student.home_class)
    ]
    return (
        student.home_class in homes_of(department, question)
        and groups.keys() == student.groups.keys()
        and len(now) == len(groups)
        and clashes_of([group.hours for group in now]) <= question.max_clashes
    )
