"""What would open a question that has no option: the least of each kind, each tried before it is proposed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from desktop_sync.options.fitting import Fitting
from desktop_sync.options.listing import candidates
from desktop_sync.options.searching import fit, fits, lightest
from desktop_sync.options.timetable import Group, Hour

AT_MOST = 5
OF_A_KIND = 2
MORE_CLASHES = 5
MORE_SEATS = 3
FEWER_SUBJECTS = 2


class Kind(StrEnum):
    """What is given way; of as much of each, the first is the cheapest."""

    HOME_CLASS = "home_class"  # the portal places him in this class
    SEATS = "seats"  # one seat more in each of these groups, and in the class if one is named
    CLASHES = "clashes"  # so many clashes are accepted, in these hours
    SUBJECTS = "subjects"  # he does not have these


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A proposal that opens the question; `clashes` is the new most, not what is added."""

    kind: Kind
    home_class: int | None = None
    groups: tuple[int, ...] = ()
    clashes: int = 0
    hours: tuple[Hour, ...] = ()
    subjects: tuple[str, ...] = ()


def relaxations(fitting: Fitting, elsewhere: tuple[int | None, ...] = ()) -> tuple[Relaxation, ...]:
    """The cheapest, at most two of a kind: the least that is given way, giving up a subject last."""
    if not elsewhere and not fitting.sets:
        return ()
    found = [(1, Relaxation(Kind.HOME_CLASS, home_class=one)) for one in elsewhere[:OF_A_KIND]]
    if fitting.sets:
        found += [*_seats(fitting), *_clashes(fitting), *_subjects(fitting)]
    found.sort(key=lambda each: (each[1].kind is Kind.SUBJECTS, each[0]))
    return tuple(one for _, one in found[:AT_MOST])


Found = tuple[int, Relaxation]


def _seats(fitting: Fitting) -> list[Found]:
    """The fewest seats; where several classes or groups would do, the first by code."""
    found = sorted(
        (one for home_class in fitting.classes for one in _seats_in(fitting, home_class)),
        key=lambda each: each[0],
    )
    return [one for one in found if one[0] == found[0][0]][:OF_A_KIND]


def _seats_in(fitting: Fitting, home_class: int | None) -> Iterator[Found]:
    department, student, question = fitting.department, fitting.student, fitting.question
    every = candidates(department, student, home_class, fitting.without_seats)
    clashes, subjects = question.max_clashes, fitting.subjects
    if not fit([lightest(every[one]) for one in subjects], clashes):
        return
    free = candidates(department, student, home_class, question)
    of_class = int(home_class in fitting.full)
    shut = [group for one in subjects for group in every[one] if group not in free[one]]
    for count in range(MORE_SEATS - of_class + 1):
        opened = False
        for groups in combinations(shut, count):
            room = {one: [*free[one], *(each for each in groups if each.subject == one)] for one in subjects}
            if all(room.values()) and fit([lightest(room[one]) for one in subjects], clashes):
                opened = True
                yield count + of_class, _one_seat(home_class if of_class else None, groups)
        if opened:
            return


def _one_seat(home_class: int | None, groups: tuple[Group, ...]) -> Relaxation:
    return Relaxation(Kind.SEATS, home_class=home_class, groups=tuple(one.id for one in groups))


def _clashes(fitting: Fitting) -> Iterator[Found]:
    for more in range(1, MORE_CLASHES + 1):
        clashes = fitting.question.max_clashes + more
        if found := fits(fitting.rooms, fitting.subjects, clashes):
            hours = tuple(fitting.department.cycle.hours(found.clashing))
            yield more, Relaxation(Kind.CLASHES, clashes=clashes, hours=hours)
            return


def _subjects(fitting: Fitting) -> list[Found]:
    """Which of them break every set and let the rest fit."""
    for count in range(1, FEWER_SUBJECTS + 1):
        found = [
            (count, Relaxation(Kind.SUBJECTS, subjects=some))
            for some in combinations(fitting.subjects, count)
            if all(set(some) & set(one) for one in fitting.sets)
            and fits(
                fitting.rooms,
                [one for one in fitting.subjects if one not in some],
                fitting.question.max_clashes,
            )
        ]
        if found:
            return found[:OF_A_KIND]
    return []
