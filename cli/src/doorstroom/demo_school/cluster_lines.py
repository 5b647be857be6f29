"""Cluster groups in lines: all groups of a line meet at the same time, so a student has at most one in each.

Popular subjects get several groups, in different lines; subjects that are often chosen together are kept
apart. A student gets one group per subject, in lines that differ, the emptiest group first. A package that
does not fit the lines is not to be had, as in real schools.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

PLANNED_SIZE = 25
SOFT_MAX = 28
HARD_MAX = 30
_TRIES = 400


@dataclass(slots=True)
class ClusterGroup:
    id: str
    subject: str
    line: int
    size: int = 0


class Lines:
    def __init__(self, department: str, lines: int, packages: Iterable[Sequence[str]]) -> None:
        self._department = department
        self._lines: list[list[ClusterGroup]] = [[] for _ in range(lines)]
        self._of: dict[str, list[ClusterGroup]] = {}
        packages = [sorted(package) for package in packages]
        demand = Counter(subject for package in packages for subject in package)
        self._together = Counter(pair for package in packages for pair in combinations(package, 2))
        for subject, students in demand.most_common():
            for _ in range(-(-students // PLANNED_SIZE)):
                self._open(subject, frozenset(group.line for group in self._of.get(subject, ())))

    @property
    def groups(self) -> list[ClusterGroup]:
        """Those with students, by subject."""
        return [group for subject in sorted(self._of) for group in self._of[subject] if group.size]

    def place(self, package: Sequence[str]) -> list[ClusterGroup] | None:
        """One group per subject, no two in one line, with him in them; None if the package does not fit."""
        order = sorted(package, key=lambda subject: len(self._of.get(subject, ())))
        return self._enter(self._fitting(order, frozenset(), [_TRIES]))

    def place_anyhow(self, package: Sequence[str]) -> list[ClusterGroup]:
        """Opens groups where needed: there are more lines than subjects, so one is always left for it."""
        placed: list[ClusterGroup] = []
        for subject in package:
            used = frozenset(group.line for group in placed)
            placed.append(next(self._with_room(subject, used), None) or self._open(subject, used))
        return self._enter(placed) or []

    def _enter(self, placed: list[ClusterGroup] | None) -> list[ClusterGroup] | None:
        for group in placed or ():
            group.size += 1
        return placed

    def _fitting(
        self, order: Sequence[str], used: frozenset[int], tries: list[int]
    ) -> list[ClusterGroup] | None:
        if not order:
            return []
        for group in self._with_room(order[0], used):
            tries[0] -= 1
            if tries[0] < 0:
                return None
            rest = self._fitting(order[1:], used | {group.line}, tries)
            if rest is not None:
                return [group, *rest]
        return None

    def _with_room(self, subject: str, used: frozenset[int]) -> Iterator[ClusterGroup]:
        for group in sorted(self._of.get(subject, ()), key=lambda group: group.size):
            if group.size < SOFT_MAX and group.line not in used:
                yield group

    def _open(self, subject: str, used: frozenset[int]) -> ClusterGroup:
        free = [line for line in range(len(self._lines)) if line not in used] or range(len(self._lines))
        line = min(free, key=lambda line: self._hindrance(subject, line))
        groups = self._of.setdefault(subject, [])
        group = ClusterGroup(f"{self._department}.{subject}{len(groups) + 1}", subject, line)
        groups.append(group)
        self._lines[line].append(group)
        return group

    def _hindrance(self, subject: str, line: int) -> tuple[float, int]:
        """How many students would want to be in two groups of the line; one of several counts in part."""
        weight = 0.0
        for other in self._lines[line]:
            first, second = sorted((subject, other.subject))
            weight += self._together[first, second] / len(self._of[other.subject])
        return weight, len(self._lines[line])
