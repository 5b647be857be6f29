"""A row is judged anew: what it costs now, or why it may no longer be."""

import random
from dataclasses import replace

import pytest

from desktop_sync.options.assignment import Assignment
from desktop_sync.options.judging import Problem, judge
from desktop_sync.options.listing import list_options
from desktop_sync.options.option import Option
from desktop_sync.options.question import Question
from desktop_sync.options.swap import Swap, swap_key
from desktop_sync.options.timetable import Cycle, Department, Group, HomeClass, Student
from tests.desktop_sync.options.every_swap import every_swap
from tests.desktop_sync.options.random_departments import random_department

ASKER, OTHER, CLASS = "900001", "900002", 1
ENGLISH_1, ENGLISH_2, GERMAN, BOUND = 10, 11, 12, 13
SWAP = Assignment(CLASS, (ENGLISH_1, GERMAN), ((OTHER, (ENGLISH_2,)),))


def department() -> Department:
    """English 1 is full: the asker can be in it when the other goes to English 2."""

    def group(number: int, code: str, hours: int, size: int, home_class: int | None = None) -> Group:
        return Group(number, code, code[:-1], home_class, size, soft_max=2, hard_max=2, hours=hours)

    groups = [
        group(ENGLISH_1, "en1", 0b001, 2),
        group(ENGLISH_2, "en2", 0b010, 1),
        group(GERMAN, "du1", 0b100, 1),
        group(BOUND, "en9", 0b1000, 0, home_class=2),
    ]
    students = [
        Student(ASKER, CLASS, {"en": ENGLISH_2, "du": GERMAN}),
        Student(OTHER, CLASS, {"en": ENGLISH_1}),
        Student("900003", CLASS, {"en": ENGLISH_1}),
    ]
    return Department(
        cycle=Cycle((None,), 1, 6, 5),
        classes={1: HomeClass(1, "k1", 3, 30, 30), 2: HomeClass(2, "k2", 30, 30, 30)},
        groups={one.id: one for one in groups},
        offered=frozenset(one.id for one in groups),
        students={one.code: one for one in students},
    )


def with_student(code: str, **groups: int | None) -> Department:
    known = department()
    return replace(known, students={**known.students, code: replace(known.students[code], groups=groups)})


def with_group(group: Group) -> Department:
    known = department()
    return replace(known, groups={**known.groups, group.id: group})


def codes(judged: Option | list[Problem]) -> list[tuple[str, str]]:
    assert isinstance(judged, list)
    return [(problem.code, problem.about) for problem in judged]


def test_every_row_that_is_listed_is_judged_to_be_that_row() -> None:
    plain = swaps = 0
    for seed in range(150):
        known = random_department(seed)
        for student in known.students:
            question = Question(student, k=1000, max_clashes=seed % 3)
            options = list_options(known, question).rows
            opened = every_swap(known, question, depth=1 + seed % 2)
            for row in [*options, *opened]:
                assert judge(known, student, Assignment.of(row)) == row
                assert judge(known, student, Assignment.read(Assignment.of(row).row), question) == row
            assert opened == sorted(opened, key=lambda row: swap_key(known, row))
            plain, swaps = plain + len(options), swaps + len(opened)
    assert plain > 1500
    assert swaps > 200


def test_what_is_not_listed_is_refused() -> None:
    for seed in range(150):
        known = random_department(seed)
        dice = random.Random(seed)
        for student in known.students:
            question = Question(student, k=100_000, max_clashes=99)
            listed = {Assignment.of(row) for row in list_options(known, question).rows}
            listed |= {Assignment.of(row) for row in every_swap(known, question, depth=2)}
            for spoiled in [
                _spoiled(dice, known, one) for one in sorted(listed, key=lambda one: one.row)[:20]
            ]:
                assert isinstance(judge(known, student, spoiled, question), Option) == (spoiled in listed)


def _spoiled(dice: random.Random, known: Department, one: Assignment) -> Assignment:
    """Another class, another group, one group less, another other student or his other groups."""
    some = dice.choice([*known.groups, 99999])
    groups = [*one.groups, some]
    groups.pop(dice.randrange(len(groups)))
    others = tuple((code, (some,)) for code, _ in one.others)
    who = dice.choice([*known.students, "nobody"])
    return dice.choice(
        [
            replace(one, home_class=dice.choice([*known.classes, 99999])),
            replace(one, groups=tuple(sorted(groups))),
            replace(one, groups=one.groups[1:]),
            replace(one, others=others),
            replace(one, others=((who, (some,)),)),
            replace(one, others=one.others[1:]),
        ]
    )


def test_a_swap_that_may_be() -> None:
    judged = judge(department(), ASKER, SWAP)

    assert judged == Swap(
        home_class=CLASS,
        groups={"en": ENGLISH_1, "du": GERMAN},
        clashes=0,
        changes=2,
        overfull=0,
        balance=0,
        idle=1,
        others=((OTHER, {"en": ENGLISH_2}),),
    )


@pytest.mark.parametrize(
    ("known", "assignment", "problem"),
    [
        (department(), replace(SWAP, others=()), ("group_full", "en1")),
        (department(), replace(SWAP, home_class=2), ("class_full", "k2")),
        (department(), replace(SWAP, home_class=3), ("unknown_class", "3")),
        (department(), replace(SWAP, home_class=None), ("class_missing", ASKER)),
        (department(), replace(SWAP, groups=(ENGLISH_1, 99)), ("unknown_group", "99")),
        (department(), replace(SWAP, groups=(BOUND, GERMAN)), ("not_for_this_class", "en9")),
        (department(), replace(SWAP, groups=(ENGLISH_1,)), ("subject_missing", "du")),
        (department(), replace(SWAP, groups=(ENGLISH_1, ENGLISH_2, GERMAN)), ("subject_twice", "en")),
        (with_student(ASKER, en=ENGLISH_2), SWAP, ("not_his_subject", "du")),
        (with_student(OTHER, en=ENGLISH_2), SWAP, ("other_moved", OTHER)),
        (with_student(OTHER, du=GERMAN), SWAP, ("other_moved", OTHER)),
        (with_student(OTHER, en=BOUND), SWAP, ("other_moved", OTHER)),
        (department(), replace(SWAP, others=(("nobody", (ENGLISH_2,)),)), ("other_moved", "nobody")),
        (department(), replace(SWAP, others=((OTHER, ()),)), ("other_moved", OTHER)),
        (department(), replace(SWAP, others=((OTHER, (BOUND,)),)), ("not_for_this_class", "en9")),
        (department(), replace(SWAP, others=SWAP.others * 2), ("student_twice", OTHER)),
        (department(), replace(SWAP, others=((ASKER, (ENGLISH_1,)),)), ("student_twice", ASKER)),
        (with_student(OTHER, en=ENGLISH_1, du=None), SWAP, ("other_unplaced", OTHER)),
        (with_group(replace(department().groups[ENGLISH_1], size=1)), SWAP, ("other_not_needed", OTHER)),
    ],
)
def test_one_that_may_no_longer_be_says_why(
    known: Department, assignment: Assignment, problem: tuple[str, str]
) -> None:
    assert problem in codes(judge(known, ASKER, assignment))


def test_another_who_would_get_a_clash_is_named() -> None:
    known = with_student(OTHER, en=ENGLISH_1, du=GERMAN)
    known = replace(known, groups={**known.groups, ENGLISH_2: replace(known.groups[ENGLISH_2], hours=0b100)})

    assert codes(judge(known, ASKER, SWAP)) == [("other_clashes", OTHER)]


def test_a_student_nobody_knows_is_a_problem() -> None:
    assert codes(judge(department(), "nobody", SWAP)) == [("unknown_student", "nobody")]


def test_what_was_asked_is_held() -> None:
    def asked(**wishes: object) -> list[tuple[str, str]]:
        return codes(judge(department(), ASKER, SWAP, Question(ASKER, **wishes)))  # type: ignore[arg-type]

    assert asked(locked=frozenset({"en"})) == [("subject_locked", "en")]
    assert asked(excluded=frozenset({GERMAN})) == [("group_excluded", "du1")]
    assert asked(blocked=0b101) == [("hour_blocked", "en1"), ("hour_blocked", "du1")]
    assert asked(homes=(2,)) == [("class_not_asked", "k1")]
    assert asked(subjects=frozenset({"en"})) == [("not_his_subject", "du")]
    assert asked(seats=False) == [("other_not_needed", OTHER)]


def test_without_a_question_his_own_clashes_are_allowed() -> None:
    known = with_group(replace(department().groups[ENGLISH_1], hours=0b100))
    judged = judge(known, ASKER, SWAP)

    assert isinstance(judged, Option)
    assert judged.clashes == 1
    assert codes(judge(known, ASKER, SWAP, Question(ASKER))) == [("clashes", ASKER)]
