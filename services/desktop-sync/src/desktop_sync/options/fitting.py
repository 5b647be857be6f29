"""Whether subjects go together: searches over hours as masks that stop at the first that fits.

A row of an answer needs everything; a *no* only needs to know that nothing fits, and which subjects are in
each other's way. So this looks at masks alone, without the costs of an option.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from desktop_sync.options.listing import candidates, homes_of, may_be_in
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Department, Group

Choices = Mapping[str, Sequence[int]]  # by subject the masks of the groups he may have it in, in one class


class Fit(NamedTuple):
    """The hours in which he has a lesson, those in which he has several, the clashes that are left to make."""

    used: int
    clashing: int
    left: int


def fit(choices: Sequence[Sequence[int]], left: int, used: int = 0, clashing: int = 0) -> Fit | None:
    """The first way to have one of each with at most `left` clashes; the fewest left to choose from first."""
    if not choices:
        return Fit(used, clashing, left)
    at = min(range(len(choices)), key=lambda n: len(choices[n]))
    rest = [*choices[:at], *choices[at + 1 :]]
    for mask in choices[at]:
        met, both = used & mask, used | mask
        after = left - met.bit_count()
        possible = [[one for one in masks if (one & both).bit_count() <= after] for masks in rest]
        if all(possible) and (found := fit(possible, after, both, clashing | met)):
            return found
    return None


def fits(rooms: Iterable[Choices], subjects: Iterable[str], clashes: int) -> Fit | None:
    """Whether he can have these subjects in one of the classes."""
    wanted = list(subjects)
    return next((f for room in rooms if (f := fit([room[one] for one in wanted], clashes))), None)


def smallest_conflicts(rooms: Sequence[Choices], clashes: int) -> list[tuple[str, ...]]:
    """All sets of subjects of the smallest size that fit in none of the classes; [] when he fits.

    [()] when there is no class. What was found to fit is filled up with whatever goes with it: each of its
    subsets then needs no search of its own.
    """
    if not rooms:
        return [()]
    subjects = sorted(rooms[0])
    alone = [(one,) for one in subjects if not any(room[one] for room in rooms)]
    if alone or fits(rooms, subjects, clashes):
        return alone
    together = list[set[str]]()

    def go_together(some: tuple[str, ...]) -> bool:
        if any(known.issuperset(some) for known in together):
            return True
        for room in rooms:
            if found := fit([room[one] for one in some], clashes):
                together.append({*some, *_also(room, subjects, some, found)})
                return True
        return False

    for size in range(2, len(subjects)):
        if found := [some for some in combinations(subjects, size) if not go_together(some)]:
            return found
    return [tuple(subjects)]


def _also(room: Choices, subjects: Iterable[str], some: tuple[str, ...], found: Fit) -> Iterable[str]:
    used, _, left = found
    for subject in subjects:
        if subject not in some:
            for mask in room[subject]:
                if (met := (used & mask).bit_count()) <= left:
                    used, left = used | mask, left - met
                    yield subject
                    break


class Fitting:
    """What a question may choose from, class by class; `loose` as if full groups could be joined."""

    def __init__(self, department: Department, question: Question) -> None:
        self.department = department
        self.question = question
        self.student = department.students[question.student]
        self.classes = homes_of(department, question)
        self.open = [one for one in self.classes if may_be_in(department, self.student, one, question)]
        self.full = [one for one in self.classes if one not in self.open]

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """The package that is looked at."""
        asked = self.question.subjects
        return tuple(sorted(self.student.groups if asked is None else asked))

    @cached_property
    def rooms(self) -> list[Choices]:
        """Of each class that is open."""
        return [self.room(one, self.question) for one in self.open]

    @cached_property
    def loose(self) -> list[Choices]:
        return [self.room(one, self.without_seats) for one in self.open]

    @cached_property
    def without_seats(self) -> Question:
        return replace(self.question, seats=False)

    @cached_property
    def sets(self) -> list[tuple[str, ...]]:
        """The smallest conflicts."""
        return smallest_conflicts(self.rooms, self.question.max_clashes)

    def room(self, home_class: int | None, question: Question) -> Choices:
        found = candidates(self.department, self.student, home_class, question)
        return {subject: lightest(groups) for subject, groups in found.items()}

    def groups(self, question: Question, subjects: Iterable[str]) -> list[Group]:
        """What there is for these subjects in the classes that are open, each once."""
        found = [candidates(self.department, self.student, one, question) for one in self.open]
        return list({one.id: one for subject in subjects for room in found for one in room[subject]}.values())


def lightest(groups: Sequence[Group]) -> list[int]:
    """Their hours, without those that hold another's: who fits with more hours fits with fewer."""
    if len(groups) == 1:
        return [groups[0].hours]
    kept = list[int]()
    for mask in sorted({group.hours for group in groups}, key=lambda one: (one.bit_count(), one)):
        if not any(mask & one == one for one in kept):
            kept.append(mask)
    return kept
