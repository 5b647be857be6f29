"""The class grid: of each student of a department and each of its classes, whether he would fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from desktop_sync.options.explanation import Reason
from desktop_sync.options.listing import candidates, may_be_in
from desktop_sync.options.question import Question
from desktop_sync.options.searching import fit, lightest
from desktop_sync.options.timetable import Department, Group, Student

MAX_CLASHES = 2


class Verdict(StrEnum):
    """`full`: with one seat more, or some, it would do."""

    FITS = "fits"
    FITS_WITH_CLASHES = "fits_with_clashes"
    FULL = "full"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Cell:
    """`clashes`: the fewest with which he fits; `reason`: why he does not, as `explain` says of the class."""

    verdict: Verdict
    clashes: int = 0
    reason: Reason | None = None
    own: bool = False


Grid = Mapping[str, Mapping[int | None, Cell]]

Wish = tuple[str, int | None]  # a subject, and the full group of it in which he has a seat

_CLASS_FULL = Cell(Verdict.FULL, reason=Reason.CLASS_FULL)
_PORTAL_LEADS = Cell(Verdict.NO, reason=Reason.PORTAL_LEADS)


def class_grid(department: Department, *, max_clashes: int = MAX_CLASHES, portal_leads: bool = False) -> Grid:
    """By student and class. In his own class it is said whether he could stand there, as now or otherwise.

    Who has the same subjects, and keeps no seat in a full group, has the same answer in the same class: it is
    looked for once, and stops at the first that fits.
    """
    packages = {code: _package(department, department.students[code]) for code in sorted(department.students)}
    wishes = frozenset[Wish]().union(*packages.values())
    columns = {one: _Column(department, one, wishes, max_clashes) for one in department.class_ids}

    def cell(code: str, home_class: int | None) -> Cell:
        student = department.students[code]
        own = home_class == student.home_class
        if not may_be_in(department, student, home_class, Question(code)):
            return _CLASS_FULL
        found = columns[home_class].cell(packages[code])
        if portal_leads and not own and found.reason is None:
            return _PORTAL_LEADS
        return replace(found, own=True) if own else found

    return {code: {one: cell(code, one) for one in columns} for code in packages}


class _Choice(NamedTuple):
    """Hours of the groups with a seat, and of all."""

    free: Sequence[int]
    every: Sequence[int]


class _Column:
    """One class: what is there for each subject, and the answers that were found."""

    def __init__(
        self, department: Department, home_class: int | None, wishes: frozenset[Wish], max_clashes: int
    ) -> None:
        self._department, self._home_class, self._most = department, home_class, max_clashes
        shared = self._shared_hours()
        self._choices = {wish: self._choice(wish) for wish in wishes}
        self._aside = frozenset(
            wish for wish, choice in self._choices.items() if any(not mask & shared for mask in choice.free)
        )
        self._answer = cache(self._answer_to)

    def cell(self, package: frozenset[Wish]) -> Cell:
        """What can be had without meeting any other subject is left aside: more packages are alike then."""
        return self._answer(package - self._aside)

    def _answer_to(self, package: frozenset[Wish]) -> Cell:
        choices = [self._choices[wish] for wish in package]
        free, every = [one.free for one in choices], [one.every for one in choices]
        if not all(every):
            return Cell(Verdict.NO, reason=Reason.NO_GROUP)
        if fit(free, 0):
            return Cell(Verdict.FITS)
        if fit(free, self._most):
            least = next(n for n in range(1, self._most + 1) if fit(free, n))
            return Cell(Verdict.FITS_WITH_CLASHES, clashes=least)
        if fit(every, self._most):
            return Cell(Verdict.FULL, reason=Reason.NO_PLACE)
        return Cell(Verdict.NO, reason=Reason.NO_TIME)

    def _choice(self, wish: Wish) -> _Choice:
        return _Choice(self._groups(*wish, seats=True), self._groups(*wish, seats=False))

    def _groups(self, subject: str, kept: int | None, *, seats: bool) -> Sequence[int]:
        student = Student("", self._home_class, {subject: kept})
        question = Question("", seats=seats)
        return lightest(candidates(self._department, student, self._home_class, question)[subject])

    def _shared_hours(self) -> int:
        """The hours in which several subjects have a group."""
        once = several = 0
        for groups in self._department.by_subject.values():
            of_subject = 0
            for group in groups:
                if group.home_class is None or group.home_class == self._home_class:
                    of_subject |= group.hours
            once, several = once | of_subject, several | once & of_subject
        return several


def _package(department: Department, student: Student) -> frozenset[Wish]:
    return frozenset(
        (subject, None if now is None or not _is_full(department.groups[now]) else now)
        for subject, now in student.groups.items()
    )


def _is_full(group: Group) -> bool:
    return group.size >= group.hard_max
