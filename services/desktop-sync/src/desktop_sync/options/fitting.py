"""What one question may choose from, in each of its classes."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from desktop_sync.options.conflicts import smallest_conflicts
from desktop_sync.options.listing import candidates, homes_of, may_be_in
from desktop_sync.options.question import Question
from desktop_sync.options.searching import Choices, lightest
from desktop_sync.options.timetable import Department, Group


class Fitting:
    """What a question may choose from, class by class."""

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
    def without_seats(self) -> Question:
        """As if full groups could be joined."""
        return replace(self.question, seats=False)

    @cached_property
    def sets(self) -> list[tuple[str, ...]]:
        """The smallest conflicts."""
        return smallest_conflicts(self.rooms, self.question.max_clashes)

    def room(self, home_class: int | None, question: Question) -> Choices:
        found = candidates(self.department, self.student, home_class, question)
        return {subject: lightest(groups) for subject, groups in found.items()}

    def groups(self, classes: Iterable[int | None], question: Question) -> list[Group]:
        """What there is for the subjects of this question in these classes, each once."""
        found = [candidates(self.department, self.student, one, question) for one in classes]
        return list({one.id: one for room in found for groups in room.values() for one in groups}.values())
