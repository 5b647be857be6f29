"""Swaps are all there are, ranked: the same as trying everything gives."""

import random
from dataclasses import replace

import pytest

from desktop_sync.options import swaps
from desktop_sync.options.assignment import Assignment
from desktop_sync.options.judging import judge
from desktop_sync.options.listing import list_options
from desktop_sync.options.question import Question
from desktop_sync.options.swaps import list_swaps
from desktop_sync.options.timetable import Department
from tests.desktop_sync.options.every_swap import every_swap
from tests.desktop_sync.options.random_departments import crowded_department, random_department

DEPARTMENTS = [make(seed) for seed in range(210) for make in (random_department, crowded_department)]


@pytest.mark.parametrize("max_clashes", [0, 1])
@pytest.mark.parametrize("depth", [1, 2])
def test_the_list_is_what_trying_everything_gives(depth: int, max_clashes: int) -> None:
    rows, chains = _compared(DEPARTMENTS, depth, 1, max_clashes)
    assert rows > 2000
    assert chains > 500 or depth == 1


@pytest.mark.parametrize("max_clashes", [0, 1])
def test_others_may_change_more_than_one_subject(max_clashes: int) -> None:
    assert _compared(DEPARTMENTS[:120], 1, 2, max_clashes) > (1000, 0)
    assert _compared(DEPARTMENTS[:40], 2, 2, max_clashes) > (500, 0)


def _compared(
    departments: list[Department], depth: int, other_changes: int, max_clashes: int
) -> tuple[int, int]:
    """How many rows were the same, and in how many of them two others move."""
    rows = chains = 0
    for known in departments:
        for student in known.students:
            question = Question(student, k=100, max_clashes=max_clashes)
            expected = every_swap(known, question, depth, other_changes)

            listing = list_swaps(known, question, depth=depth, other_changes=other_changes)

            assert listing.complete
            assert listing.total == len(expected)
            assert list(listing.rows) == expected[:100]
            rows += len(listing.rows)
            chains += sum(len(row.others) > 1 for row in listing.rows)
    return rows, chains


def test_what_is_asked_holds_for_him_and_not_for_the_others() -> None:
    compared = 0
    for number, known in enumerate(DEPARTMENTS):
        dice = random.Random(number)
        for student in known.students.values():
            package = frozenset(one for one in known.by_subject if dice.random() < 0.7)
            question = Question(
                student.code,
                k=3,
                max_clashes=2,
                homes=dice.choice([None, (student.home_class,), known.class_ids[:1]]),
                locked=frozenset(one for one in student.groups if dice.random() < 0.2),
                excluded=frozenset(one for one in known.groups if dice.random() < 0.1),
                blocked=dice.choice([0, 0, 1 << dice.randrange(10)]),
                subjects=dice.choice([None, None, package]),
            )
            own_changes = dice.choice([1, 2])
            expected = every_swap(known, question, own_changes=own_changes)

            listing = list_swaps(known, question, own_changes=own_changes)

            assert listing.total == len(expected)
            assert list(listing.rows) == expected[:3]
            assert all(
                judge(known, student.code, Assignment.of(row), question) == row for row in listing.rows
            )
            compared += len(listing.rows)
    assert compared > 500


@pytest.mark.parametrize("most", [20, swaps.MOST_STEPS])
def test_the_same_whatever_the_order_of_what_was_loaded(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swaps, "MOST_STEPS", most)
    for known in DEPARTMENTS[:60]:
        turned = replace(
            known,
            students={code: known.students[code] for code in reversed(list(known.students))},
            groups={group: known.groups[group] for group in reversed(list(known.groups))},
        )
        for student in known.students:
            assert list_swaps(turned, Question(student), depth=2) == list_swaps(
                known, Question(student), depth=2
            )


def test_what_can_be_had_without_others_is_no_swap_and_nothing_is_full_where_seats_are_not_asked_for() -> (
    None
):
    for known in DEPARTMENTS[:50]:
        for student in known.students:
            options = list_options(known, Question(student, k=10_000)).rows
            plain = {Assignment.of(row).groups for row in options}
            opened = list_swaps(known, Question(student, k=10_000), depth=2).rows
            assert all(Assignment.of(row).groups not in plain for row in opened)
            assert list_swaps(known, Question(student, seats=False)).total == 0
            assert list_swaps(known, Question(student, k=0), depth=2).total == len(opened)


def test_a_search_that_is_cut_off_says_so_and_ranks_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off = 0
    for known in DEPARTMENTS[:150]:
        for student in known.students:
            question = Question(student, k=100)
            whole = list_swaps(known, question, depth=2)
            for most in (0, 5, 20):
                monkeypatch.setattr(swaps, "MOST_STEPS", most)
                part = list_swaps(known, question, depth=2)
                monkeypatch.undo()
                if part.complete:
                    assert part == whole
                else:
                    assert part.rows == tuple(row for row in whole.rows if row in part.rows)
                    cut_off += bool(part.rows)
    assert cut_off > 20
