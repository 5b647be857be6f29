"""The lesson groups of some departments with lessons and seats: who fits where, and what follows whom."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.models.standing import Named, Standing
from desktop_sync.models.timetable import CycleWeek
from shared.contracts.ids import BranchId, DepartmentId, GroupId

Hour = tuple[CycleWeek | None, int, int]
"""Week (None: each), day and period."""


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A lesson group; `portal_groups` is what a cluster group is in the portal, by department."""

    id: LessonGroupId
    code: str
    subject: str
    branch: BranchId
    home_class: GroupId | None
    soft_max: int
    hard_max: int
    size: int
    portal_groups: Mapping[DepartmentId, GroupId | None]
    hours: frozenset[Hour]

    @property
    def named(self) -> Named:
        return Named(self.id, self.code)


@dataclass(frozen=True, slots=True, order=True)
class Clash:
    """Two lesson groups of one student in one slot; `week` None when that is in each week."""

    day: int
    period: int
    week: CycleWeek | None = field(compare=False)
    subjects: tuple[str, str]
    groups: tuple[str, str]


@dataclass(frozen=True, slots=True)
class LessonPlan:
    groups: Mapping[LessonGroupId, PlannedGroup]

    def bound_to(self, home_class: GroupId | None) -> dict[str, PlannedGroup]:
        """By subject the group that follows this class; of several the first by code."""
        bound = (group for group in self.groups.values() if home_class and group.home_class == home_class)
        return {group.subject: group for group in sorted(bound, key=lambda one: one.code, reverse=True)}

    def chosen_in(self, department: DepartmentId) -> set[str]:
        """Subjects with cluster groups in a department: who has one chose it."""
        return {
            group.subject
            for group in self.groups.values()
            if group.home_class is None and department in group.portal_groups
        }

    def follow(
        self, standing: Standing, home_class: Named | None, package: Collection[str]
    ) -> dict[str, Named | None]:
        """His groups in another home class.

        Groups bound to a class become those of the new one. A subject that it does not have is dropped if it
        came with the class, and left unplaced if he chose it; what comes with the new class is added.
        """
        bound = self.bound_to(None if home_class is None else GroupId(home_class.id))
        groups = dict[str, Named | None]()
        for subject, group in standing.groups.items():
            follows = group is None or self._is_bound(group)
            if subject in bound and follows:
                groups[subject] = bound[subject].named
            elif not follows:
                groups[subject] = group
            elif group is None or subject in package:
                groups[subject] = None
        core = bound.keys() - self.chosen_in(standing.department)
        return groups | {subject: bound[subject].named for subject in core - groups.keys()}

    def clashes(self, groups: Iterable[LessonGroupId]) -> list[Clash]:
        """Where two of these groups have a lesson at once: a lesson of each week clashes with both."""
        at = defaultdict[tuple[int, int], list[tuple[CycleWeek | None, PlannedGroup]]](list)
        for one in groups:
            for week, day, period in self.groups[one].hours if one in self.groups else ():
                at[day, period].append((week, self.groups[one]))
        found = {
            Clash(day, period, here or there, *_named(one, other))
            for (day, period), lessons in at.items()
            if len(lessons) > 1
            for (here, one), (there, other) in combinations(lessons, 2)
            if one.id != other.id and (here is None or there is None or here == there)
        }
        return sorted(found)

    def _is_bound(self, group: Named) -> bool:
        known = self.groups.get(LessonGroupId(group.id))
        return known is not None and known.home_class is not None


def _named(one: PlannedGroup, other: PlannedGroup) -> tuple[tuple[str, str], tuple[str, str]]:
    first, second = sorted((one, other), key=lambda group: group.code)
    return (first.subject, second.subject), (first.code, second.code)
