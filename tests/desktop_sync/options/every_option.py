"""Options by trying everything: each class with each group of each subject, counted from all sizes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from desktop_sync.options.option import Option
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Department, Student


def every_option(department: Department, question: Question) -> list[Option]:
    """All there are, the best first."""
    student = department.students[question.student]
    subjects = sorted(student.groups if question.subjects is None else question.subjects)
    found = []
    for home_class in department.class_ids if question.homes is None else question.homes:
        if _may_be_in(department, question, student, home_class):
            allowed = [list(_allowed(department, question, student, home_class, one)) for one in subjects]
            for chosen in product(*allowed):
                row = _row(department, student, home_class, dict(zip(subjects, chosen, strict=True)))
                if row.clashes <= question.max_clashes and not (
                    question.without_present and (home_class, row.groups) == _present(student)
                ):
                    found.append(row)
    return sorted(found, key=lambda row: _order(department, row))


def _present(student: Student) -> tuple[int | None, Mapping[str, int | None]]:
    return student.home_class, student.groups


def _order(department: Department, row: Option) -> tuple[object, ...]:
    return (
        (row.clashes, row.changes, row.overfull, row.balance, row.idle),
        "" if row.home_class is None else department.classes[row.home_class].code,
        [department.groups[row.groups[subject]].code for subject in sorted(row.groups)],
    )


def _may_be_in(department: Department, question: Question, student: Student, home_class: int | None) -> bool:
    if home_class is None:
        return True
    one = department.classes[home_class]
    return home_class == student.home_class or one.size < one.hard_max or not question.seats


def _allowed(
    department: Department, question: Question, student: Student, home_class: int | None, subject: str
) -> Iterator[int]:
    for one in department.groups.values():
        stays = student.groups.get(subject) == one.id
        if (
            one.subject == subject
            and one.id in department.offered
            and one.home_class in {None, home_class}
            and (stays or subject not in question.locked)
            and (stays or one.size < one.hard_max or not question.seats)
            and one.id not in question.excluded
            and not one.hours & question.blocked
        ):
            yield one.id


def _row(
    department: Department, student: Student, home_class: int | None, groups: Mapping[str, int]
) -> Option:
    changes = int(home_class != student.home_class)
    for subject in {*groups, *student.groups}:
        now, then = student.groups.get(subject), groups.get(subject)
        if then is None:
            changes += 1
        elif now != then:
            bound = [one is not None and department.groups[one].home_class is not None for one in (now, then)]
            changes += not all(bound)
    sizes = list(_sizes(department, student, home_class, groups))
    hours = Counter(bit for group in groups.values() for bit in _bits(department.groups[group].hours))
    return Option(
        home_class=home_class,
        groups=groups,
        clashes=sum(lessons - 1 for lessons in hours.values()),
        changes=changes,
        overfull=sum(max(0, then - soft) - max(0, now - soft) for now, then, soft in sizes),
        balance=sum(then**2 - now**2 for now, then, _ in sizes),
        idle=_idle(department, hours),
    )


def _sizes(
    department: Department, student: Student, home_class: int | None, groups: Mapping[str, int]
) -> Iterator[tuple[int, int, int]]:
    """Of each class and each unbound group its size now and then, and its soft_max."""
    before, after = set(student.groups.values()), set(groups.values())
    for one in department.groups.values():
        if one.home_class is None:
            yield one.size, one.size + (one.id in after) - (one.id in before), one.soft_max
    for known in department.classes.values():
        then = known.size + (known.id == home_class) - (known.id == student.home_class)
        yield known.size, then, known.soft_max


def _bits(hours: int) -> list[int]:
    return [bit for bit in range(hours.bit_length()) if hours >> bit & 1]


def _idle(department: Department, hours: Iterable[int]) -> int:
    days: dict[int, list[int]] = {}
    for bit in hours:
        days.setdefault(bit // department.cycle.periods, []).append(bit)
    return sum(max(day) - min(day) + 1 - len(day) for day in days.values())
