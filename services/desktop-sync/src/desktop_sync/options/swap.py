"""A swap: an option whose full groups open because others move; and what they cost together."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop_sync.options.option import Option, clashes_of, cost_of_class, cost_of_group, hours_of, key
from desktop_sync.options.timetable import Department, Group, Student

Others = tuple[tuple[str, Mapping[str, int]], ...]


@dataclass(frozen=True, slots=True)
class Swap(Option):
    """`others`, by code: who else moves, and by subject the group he comes to.

    `changes`, `overfull` and `balance` are of all of them together, the rest is of the student who asks.
    """

    others: Others


def swap_key(department: Department, swap: Swap) -> tuple[object, ...]:
    """The total order of swaps: the fewer others the better, then as the options, then by who they are."""
    clashes, changes, *rest = key(department, swap)
    others = tuple(
        (code, tuple((subject, department.groups[group].code) for subject, group in sorted(to.items())))
        for code, to in swap.others
    )
    return clashes, len(others), changes, *rest, others


def row_of(
    department: Department,
    student: Student,
    home_class: int | None,
    groups: Mapping[str, int],
    others: Others,
) -> Option:
    """What this assignment costs, allowed or not: a Swap where others move, else an Option."""
    seats = seats_of(student, groups)
    for code, to in others:
        seats.update(seats_of(department.students[code], to))
    changes, overfull, balance = cost_of_class(department, student, home_class)
    for subject, group in groups.items():
        now = student.groups.get(subject)
        changes += cost_of_group(None if now is None else department.groups[now], department.groups[group])[0]
    changes += sum(len(to) for _, to in others)
    for group, more in seats.items():
        costs = cost_of_seats(department.groups[group], more)
        overfull, balance = overfull + costs[0], balance + costs[1]
    clashes = clashes_of([department.groups[group].hours for group in groups.values()])
    idle = department.cycle.idle(hours_of(department, groups))
    if others:
        return Swap(home_class, groups, clashes, changes, overfull, balance, idle, others)
    return Option(home_class, groups, clashes, changes, overfull, balance, idle)


def seats_of(student: Student, groups: Mapping[str, int]) -> Counter[int]:
    """By group how many more students it has, when he comes to these."""
    seats = Counter[int]()
    for subject, group in groups.items():
        now = student.groups.get(subject)
        if group != now:
            seats[group] += 1
            if now is not None:
                seats[now] -= 1
    return seats


def short_of(department: Department, seats: Mapping[int, int]) -> Iterator[Group]:
    """The groups that grow and then have more students than they may."""
    for group, more in seats.items():
        one = department.groups[group]
        if more > 0 and one.size + more > one.hard_max:
            yield one


def cost_of_seats(group: Group, more: int) -> tuple[int, int]:
    """Overfull and balance of so many more students; a bound group follows its class and costs nothing."""
    if group.home_class is not None:
        return 0, 0
    after = group.size + more
    overfull = max(0, after - group.soft_max) - max(0, group.size - group.soft_max)
    return overfull, after * after - group.size * group.size
