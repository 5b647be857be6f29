"""An option: a home class and a group for each subject, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop_sync.options.timetable import Department, Group, HomeClass, Student


@dataclass(frozen=True, slots=True)
class Option:
    """`groups` by subject. The smaller its `key`, the better.

    `changes` counts another class and each subject whose group changes, except where a group bound to the new
    class takes the place of one bound to the old. `overfull` and `balance` are what the sum of what is over
    soft_max, and of the squares of the sizes, changes, over classes and unbound groups. `idle` are his idle
    hours then.
    """

    home_class: int | None
    groups: Mapping[str, int]
    clashes: int
    changes: int
    overfull: int
    balance: int
    idle: int


def key(department: Department, option: Option) -> tuple[object, ...]:
    """The total order of options: one right answer to one question, whatever the order of what was loaded."""
    ids = tuple(department.groups[group].code for _, group in sorted(option.groups.items()))
    home = "" if option.home_class is None else department.classes[option.home_class].code
    return option.clashes, option.changes, option.overfull, option.balance, option.idle, home, ids


def clashes_of(masks: list[int]) -> int:
    """Hours in which lessons are at once: n lessons in one hour count n - 1."""
    used = clashes = 0
    for mask in masks:
        clashes += (used & mask).bit_count()
        used |= mask
    return clashes


def hours_of(department: Department, groups: Mapping[str, int | None]) -> int:
    """The hours in which he has a lesson."""
    used = 0
    for group in groups.values():
        if group is not None:
            used |= department.groups[group].hours
    return used


def cost_of_class(department: Department, student: Student, home_class: int | None) -> tuple[int, int, int]:
    """Changes, overfull and balance of being in this class."""
    if home_class == student.home_class:
        return 0, 0, 0
    overfull = balance = 0
    if home_class is not None:
        overfull, balance = _joined(department.classes[home_class])
    now = None if student.home_class is None else department.classes.get(student.home_class)
    if now is not None:
        left = _left(now)
        overfull, balance = overfull + left[0], balance + left[1]
    return 1, overfull, balance


def cost_of_group(now: Group | None, group: Group) -> tuple[int, int, int]:
    """Changes, overfull and balance of having a subject in this group, who has it in that one now."""
    if now is not None and now.id == group.id:
        return 0, 0, 0
    was_bound, is_bound = now is not None and now.home_class is not None, group.home_class is not None
    overfull = balance = 0
    if not is_bound:
        overfull, balance = _joined(group)
    if now is not None and not was_bound:
        left = _left(now)
        overfull, balance = overfull + left[0], balance + left[1]
    return int(not (was_bound and is_bound)), overfull, balance


def cost_of_leaving(group: Group) -> tuple[int, int, int]:
    """No changes of its own, overfull and balance of one student less; a bound group follows its class."""
    return (0, *_left(group)) if group.home_class is None else (0, 0, 0)


def _joined(one: Group | HomeClass) -> tuple[int, int]:
    return int(one.size >= one.soft_max), 2 * one.size + 1


def _left(one: Group | HomeClass) -> tuple[int, int]:
    return -int(one.size > one.soft_max), 1 - 2 * one.size
