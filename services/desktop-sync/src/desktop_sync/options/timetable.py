"""The timetable as the engine sees it: the classes, groups and students of one department, hours as bits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from desktop_sync.options.keys import Keys

EACH_WEEK = (None,)
TWO_WEEKS = ("A", "B")


class Hour(NamedTuple):
    """A period of a day; `week` is A or B, None where each week is alike."""

    week: str | None
    day: int
    period: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """The hours of a timetable that repeats after one week or after two, each a bit of a mask.

    The periods of a day are neighbours, so that idle hours are zeros between ones. In a timetable of two
    weeks a lesson of each week has a bit in both, and clashes and idle hours are counted over both.
    """

    weeks: tuple[str | None, ...]
    first_period: int
    periods: int
    days: int

    @classmethod
    def of(cls, hours: Iterable[Hour]) -> "Cycle":
        """The cycle in which all of these are."""
        known = list(hours)
        if not known:
            return cls(EACH_WEEK, 0, 1, 0)
        first = min(hour.period for hour in known)
        return cls(
            weeks=TWO_WEEKS if any(hour.week for hour in known) else EACH_WEEK,
            first_period=first,
            periods=max(hour.period for hour in known) - first + 1,
            days=max(hour.day for hour in known) + 1,
        )

    @property
    def bits(self) -> int:
        """How many hours there are."""
        return len(self.weeks) * self.days * self.periods

    def mask(self, hours: Iterable[Hour]) -> int:
        """The bits of these hours."""
        mask = 0
        for week, day, period in hours:
            for number, one in enumerate(self.weeks):
                if week is None or week == one:
                    mask |= 1 << ((number * self.days + day) * self.periods + period - self.first_period)
        return mask

    def hours(self, mask: int) -> list[Hour]:
        """The hours of these bits; one that is in both weeks is named once, without a week."""
        found = [self._hour(bit) for bit in range(mask.bit_length()) if mask >> bit & 1]
        both = {hour[1:] for hour in found if hour.week == "A"} & {
            hour[1:] for hour in found if hour.week == "B"
        }
        merged = {Hour(None, *hour[1:]) if hour[1:] in both else hour for hour in found}
        return sorted(merged, key=lambda hour: (hour.day, hour.period, hour.week or ""))

    def idle(self, mask: int) -> int:
        """Free periods between the first and the last lesson of a day, over all days (tussenuren)."""
        idle = 0
        one_day = (1 << self.periods) - 1
        while mask:
            idle += _idle_in_a_day(mask & one_day)
            mask >>= self.periods
        return idle

    def _hour(self, bit: int) -> Hour:
        day, period = divmod(bit, self.periods)
        week, day = divmod(day, self.days)
        return Hour(self.weeks[week], day, period + self.first_period)


@lru_cache(maxsize=4096)
def _idle_in_a_day(lessons: int) -> int:
    span = lessons.bit_length() - (lessons & -lessons).bit_length() + 1
    return span - lessons.bit_count() if lessons else 0


@dataclass(frozen=True, slots=True)
class HomeClass:
    id: int
    code: str
    size: int
    soft_max: int
    hard_max: int


@dataclass(frozen=True, slots=True)
class Group:
    """A lesson group; bound to a `home_class`, or (None) one for students of any class.

    `hours` is a mask; a group that has two lessons in one hour is busy once. `unscheduled` lessons have none.
    """

    id: int
    code: str
    subject: str
    home_class: int | None
    size: int
    soft_max: int
    hard_max: int
    hours: int
    unscheduled: int = 0


@dataclass(frozen=True, slots=True)
class Student:
    """`groups`: by subject the group he has it in; None: not placed."""

    code: str
    home_class: int | None
    groups: Mapping[str, int | None]


@dataclass(frozen=True)
class Department:
    """A department at one revision of its project.

    `groups` are all that its students are or may be in; `offered` are the ids of those that serve it. Sizes
    count everybody, also students of other departments.
    """

    cycle: Cycle
    classes: Mapping[int, HomeClass]
    groups: Mapping[int, Group]
    offered: frozenset[int]
    students: Mapping[str, Student]

    @cached_property
    def by_subject(self) -> Mapping[str, tuple[Group, ...]]:
        """The groups that serve it, by code."""
        found = dict[str, list[Group]]()
        for group in sorted(self.groups.values(), key=lambda one: (one.code, one.id)):
            if group.id in self.offered:
                found.setdefault(group.subject, []).append(group)
        return {subject: tuple(groups) for subject, groups in found.items()}

    @cached_property
    def class_ids(self) -> tuple[int | None, ...]:
        """The classes a student may be in, by code; (None,) where there are no home classes."""
        return tuple(one.id for one in sorted(self.classes.values(), key=lambda one: (one.code, one.id))) or (
            None,
        )

    @cached_property
    def keys(self) -> "Keys":
        """The numbers by which its options are ordered."""
        from desktop_sync.options.keys import Keys  # late: they are made of a department, and kept with it

        return Keys(self)
