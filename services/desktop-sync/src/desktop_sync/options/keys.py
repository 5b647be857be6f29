"""The order of options as integers that add up: the smaller the key of an option, the better it is."""

from desktop_sync.options.option import Option, cost_of_class, cost_of_group, cost_of_leaving
from desktop_sync.options.timetable import Department, Student

_IDLE, _BALANCE, _OVERFULL, _CHANGES = 10, 28, 10, 8  # bits, enough for 100 subjects and 100,000 students


class Keys:
    """Of one department. In a key stand, the highest bits first: clashes, changes, overfull, balance, idle
    hours, the place of the class among the classes by code, and of each group among those of its subject.

    So a key is an option: `option` reads it. What depends on the class and on each group alone is a number to
    add; clashes and idle hours, which depend on all hours together, are added when those are known.
    """

    def __init__(self, department: Department) -> None:
        self._department = department
        self._places = dict[str, tuple[int, int, tuple[int, ...]]]()
        bits = 0
        for subject, groups in sorted(department.by_subject.items(), reverse=True):
            size = len(groups).bit_length()
            self._places[subject] = bits, (1 << size) - 1, tuple(group.id for group in groups)
            bits += size
        self._classes = bits
        self._homes = (None, *(one for one in department.class_ids if one is not None))
        self._idle = bits + len(self._homes).bit_length()
        self._balance = self._idle + _IDLE
        self._overfull = self._balance + _BALANCE
        self._changes = self._overfull + _OVERFULL
        self._clashes = self._changes + _CHANGES
        # Costs may be below zero; from the middle of their bits they can be read again.
        self._middle = self._cost((0, 1 << _OVERFULL - 1, 1 << _BALANCE - 1))
        self._stay = {
            group: at << place for place, _, ids in self._places.values() for at, group in enumerate(ids)
        }
        known = department.groups
        self._join = {
            group: self._cost(cost_of_group(None, known[group])) + at for group, at in self._stay.items()
        }
        self._leave = {group.id: self._cost(cost_of_leaving(group)) for group in known.values()}

    def of_class(self, student: Student, home_class: int | None) -> int:
        """What an option in this class begins with."""
        cost = self._cost(cost_of_class(self._department, student, home_class))
        return self._middle + cost + (self._homes.index(home_class) << self._classes)

    def of_group(self, now: int | None, group: int) -> int:
        """To have a subject in this group, in place of that one."""
        if now is None:
            return self._join[group]
        groups = self._department.groups
        if now == group or (groups[now].home_class is not None and groups[group].home_class is not None):
            return self._stay[group]
        return self._join[group] + self._leave[now]

    def of_dropping(self, now: int | None) -> int:
        """To have a subject no more."""
        return self._cost((1, 0, 0)) + (0 if now is None else self._leave[now])

    def of_hours(self, used: int, clashes: int) -> int:
        """What the hours of all groups together add."""
        return self.of_clashes(clashes) + (self._department.cycle.idle(used) << self._idle)

    def of_clashes(self, clashes: int) -> int:
        return clashes << self._clashes

    def option(self, key: int, subjects: list[str]) -> Option:
        """The option with this key, of a package."""
        groups = dict[str, int]()
        for subject in subjects:
            place, mask, ids = self._places[subject]
            groups[subject] = ids[key >> place & mask]
        return Option(
            self._homes[key >> self._classes & (1 << self._idle - self._classes) - 1],
            groups,
            key >> self._clashes,
            key >> self._changes & (1 << _CHANGES) - 1,
            (key >> self._overfull & (1 << _OVERFULL) - 1) - (1 << _OVERFULL - 1),
            (key >> self._balance & (1 << _BALANCE) - 1) - (1 << _BALANCE - 1),
            key >> self._idle & (1 << _IDLE) - 1,
        )

    def _cost(self, cost: tuple[int, int, int]) -> int:
        changes, overfull, balance = cost
        return (changes << self._changes) + (overfull << self._overfull) + (balance << self._balance)
