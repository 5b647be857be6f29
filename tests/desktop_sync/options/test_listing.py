"""The list is complete and ranked: the same as trying everything gives."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import pytest

from desktop_sync.options.listing import Listing, list_options
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import TWO_WEEKS, Department, Student
from tests.desktop_sync.options.every_option import every_option
from tests.desktop_sync.options.random_departments import crowded_department, random_department

K = TypeVar("K")
V = TypeVar("V")
DEPARTMENTS = [*map(random_department, range(1000)), *map(crowded_department, range(1000, 1100))]


@pytest.mark.parametrize("max_clashes", [0, 1, 3])
def test_the_list_is_what_trying_everything_gives(max_clashes: int) -> None:
    rows = cut_off = none = 0
    for known in DEPARTMENTS:
        for student in known.students:
            question = Question(student, k=4, max_clashes=max_clashes)
            listing = _compared(known, question)
            rows += len(listing.rows)
            cut_off += listing.total > len(listing.rows)
            none += not listing.total
    assert rows > 5000
    assert cut_off > 100
    assert none > 500


@pytest.mark.parametrize("max_clashes", [0, 1, 3])
def test_what_if_questions_too(max_clashes: int) -> None:
    rows = 0
    for number, known in enumerate(DEPARTMENTS):
        dice = random.Random(number)
        for student in 3 * list(known.students.values()):
            question = replace(_what_if(dice, known, student), max_clashes=max_clashes)
            rows += len(_compared(known, question).rows)
    assert rows > 10_000


def test_the_same_whatever_the_order_of_what_was_loaded() -> None:
    for number, known in enumerate(DEPARTMENTS):
        dice = random.Random(number)
        shuffled = replace(
            known,
            classes=_shuffled(dice, known.classes),
            groups=_shuffled(dice, known.groups),
            students=_shuffled(dice, known.students),
        )
        for student in known.students.values():
            question = replace(_what_if(dice, known, student), max_clashes=1)
            assert list_options(shuffled, question) == list_options(known, question)


def test_what_is_awkward_occurs() -> None:
    groups = [group for known in DEPARTMENTS for group in known.groups.values()]
    assert sum(known.cycle.weeks == TWO_WEEKS for known in DEPARTMENTS) > 100
    assert sum(not known.classes for known in DEPARTMENTS) > 100
    assert sum(len(known.offered) < len(known.groups) for known in DEPARTMENTS) > 100
    assert sum(group.unscheduled > 0 for group in groups) > 500
    assert sum(group.size > group.hard_max for group in groups) > 100


def _compared(known: Department, question: Question) -> Listing:
    expected = every_option(known, question)
    listing = list_options(known, question)
    assert listing.total == len(expected), question
    assert list(listing.rows) == expected[: question.k], question
    return listing


def _what_if(dice: random.Random, known: Department, student: Student) -> Question:
    package = frozenset(one for one in known.by_subject if dice.random() < 0.6)
    return Question(
        student.code,
        k=dice.choice([1, 2, 3, 20, 10_000]),
        homes=dice.choice([None, (student.home_class,), known.class_ids[1:], (None,)]),
        locked=frozenset(one for one in known.by_subject if dice.random() < 0.15),
        excluded=frozenset(one for one in known.groups if dice.random() < 0.1),
        blocked=sum(1 << bit for bit in range(known.cycle.bits) if dice.random() < 0.04),
        subjects=dice.choice([None, None, package]),
        seats=dice.random() < 0.6,
        without_present=dice.random() < 0.5,
    )


def _shuffled(dice: random.Random, known: Mapping[K, V]) -> Mapping[K, V]:
    return dict(dice.sample(list(known.items()), len(known)))
