"""Swaps by trying everything: each own assignment with each move of each of the others."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product

from desktop_sync.options.question import Question
from desktop_sync.options.swap import Swap
from desktop_sync.options.timetable import Department, Student

Moves = Mapping[str, Mapping[str, int]]


def every_swap(
    department: Department,
    question: Question,
    depth: int = 1,
    other_changes: int = 1,
    own_changes: int | None = None,
) -> list[Swap]:
    """All there are, the best first."""
    student = department.students[question.student]
    rest = sorted(department.students.keys() - {student.code})
    legal = {code: list(_moves(department, department.students[code], other_changes)) for code in rest}
    found = []
    for home_class, own in _assignments(department, question, student):
        alone = _row(department, student, home_class, own, {})
        if alone.clashes > question.max_clashes or alone.changes > (own_changes or 99):
            continue
        if _seated(department, student, own, {}):
            continue
        for several in range(1, depth + 1):
            for who in combinations(rest, several):
                for how in product(*(legal[code] for code in who)):
                    moves = dict(zip(who, how, strict=True))
                    fewer = [{one: to for one, to in moves.items() if one != left} for left in who]
                    if _seated(department, student, own, moves) and not any(
                        _seated(department, student, own, less) for less in fewer
                    ):
                        found.append(_row(department, student, home_class, own, moves))
    return sorted(found, key=lambda swap: _order(department, swap))


def _order(department: Department, swap: Swap) -> tuple[object, ...]:
    codes = {group.id: group.code for group in department.groups.values()}
    return (
        (swap.clashes, len(swap.others), swap.changes, swap.overfull, swap.balance, swap.idle),
        "" if swap.home_class is None else department.classes[swap.home_class].code,
        [codes[swap.groups[subject]] for subject in sorted(swap.groups)],
        [(code, [(subject, codes[to[subject]]) for subject in sorted(to)]) for code, to in swap.others],
    )


def _assignments(
    department: Department, question: Question, student: Student
) -> Iterator[tuple[int | None, dict[str, int]]]:
    subjects = sorted(student.groups if question.subjects is None else question.subjects)
    for home_class in question.homes or department.class_ids:
        if home_class is not None and home_class != student.home_class:
            one = department.classes[home_class]
            if one.size >= one.hard_max:
                continue
        allowed = [
            [
                group
                for group in _groups_for(department, subject, home_class)
                if group not in question.excluded
                and not department.groups[group].hours & question.blocked
                and (subject not in question.locked or group == student.groups.get(subject))
            ]
            for subject in subjects
        ]
        for chosen in product(*allowed):
            yield home_class, dict(zip(subjects, chosen, strict=True))


def _groups_for(department: Department, subject: str, home_class: int | None) -> list[int]:
    return [
        group.id
        for group in department.groups.values()
        if group.subject == subject
        and group.id in department.offered
        and group.home_class in {None, home_class}
    ]


def _moves(department: Department, student: Student, most: int) -> Iterator[dict[str, int]]:
    now = {subject: group for subject, group in student.groups.items() if group is not None}
    if len(now) < len(student.groups):
        return
    for several in range(1, most + 1):
        for subjects in combinations(sorted(now), several):
            for chosen in product(*(_groups_for(department, one, student.home_class) for one in subjects)):
                to = dict(zip(subjects, chosen, strict=True))
                if all(now[subject] != to[subject] for subject in to) and _clashes(
                    department, (now | to).values()
                ) <= _clashes(department, now.values()):
                    yield to


def _sizes(department: Department, student: Student, own: Mapping[str, int], moves: Moves) -> dict[int, int]:
    """How many are in each group after it."""
    sizes = {group.id: group.size for group in department.groups.values()}
    for one, to in [(student, own), *((department.students[code], to) for code, to in moves.items())]:
        for subject, group in to.items():
            sizes[group] += 1
            if (now := one.groups.get(subject)) is not None:
                sizes[now] -= 1
    return sizes


def _seated(department: Department, student: Student, own: Mapping[str, int], moves: Moves) -> bool:
    sizes = _sizes(department, student, own, moves)
    return all(sizes[one.id] <= max(one.size, one.hard_max) for one in department.groups.values())


def _row(
    department: Department, student: Student, home_class: int | None, own: Mapping[str, int], moves: Moves
) -> Swap:
    changes = sum(len(to) for to in moves.values())
    bound = {group.id for group in department.groups.values() if group.home_class is not None}
    for subject, group in own.items():
        now = student.groups.get(subject)
        changes += group != now and not {group, now} <= bound
    sizes = _sizes(department, student, own, moves)
    counted = [
        (one.size, sizes[one.id], one.soft_max) for one in department.groups.values() if one.id not in bound
    ]
    if home_class != student.home_class:
        changes += 1
        for one in department.classes.values():
            after = one.size + (one.id == home_class) - (one.id == student.home_class)
            counted.append((one.size, after, one.soft_max))
    return Swap(
        home_class=home_class,
        groups=dict(own),
        clashes=_clashes(department, own.values()),
        changes=changes,
        overfull=sum(max(0, after - soft) - max(0, before - soft) for before, after, soft in counted),
        balance=sum(after**2 - before**2 for before, after, _ in counted),
        idle=_idle(department, own.values()),
        others=tuple(sorted((code, dict(to)) for code, to in moves.items())),
    )


def _bits(department: Department, groups: Iterable[int]) -> Counter[int]:
    masks = [department.groups[group].hours for group in groups]
    return Counter(bit for mask in masks for bit in range(mask.bit_length()) if mask >> bit & 1)


def _clashes(department: Department, groups: Iterable[int]) -> int:
    return sum(times - 1 for times in _bits(department, groups).values())


def _idle(department: Department, groups: Iterable[int]) -> int:
    days: dict[int, list[int]] = {}
    for bit in _bits(department, groups):
        days.setdefault(bit // department.cycle.periods, []).append(bit)
    return sum(max(day) - min(day) + 1 - len(day) for day in days.values())
