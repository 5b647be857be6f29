"""Why not: equal to trying everything, and what is proposed opens it."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product

from desktop_sync.options.explanation import Explanation, Reason, explain
from desktop_sync.options.listing import list_options
from desktop_sync.options.option import clashes_of
from desktop_sync.options.question import Question
from desktop_sync.options.relaxing import Kind, Relaxation
from desktop_sync.options.timetable import Department, Group
from tests.desktop_sync.options.random_departments import random_department

DEPARTMENTS = range(1000)


def questions(seed: int, department: Department) -> Iterator[tuple[Question, bool]]:
    """Per home class and for all, with and without clashes; some with wishes; sometimes the portal leads."""
    dice = random.Random(seed)
    student = dice.choice(sorted(department.students))
    have = department.students[student].groups
    offered = frozenset(department.by_subject)
    for homes in (None, *((one,) for one in department.class_ids)):
        for max_clashes in (0, 1):
            wishes = dice.random() < 0.4
            yield (
                Question(
                    student,
                    max_clashes=max_clashes,
                    homes=homes,
                    locked=frozenset(dice.sample(sorted(have), int(wishes))),
                    excluded=frozenset(
                        dice.sample(sorted(department.groups), min(wishes, len(department.groups)))
                    ),
                    blocked=wishes << dice.randrange(6),
                    subjects=offered | have.keys() if wishes else None,
                    seats=dice.random() < 0.9,
                ),
                dice.random() < 0.2,
            )


def by_trying_everything(department: Department, question: Question) -> list[tuple[str, ...]]:
    student = department.students[question.student]
    homes = department.class_ids if question.homes is None else question.homes
    full = {one.id for one in department.classes.values() if question.seats and one.size >= one.hard_max}
    subjects = sorted(student.groups if question.subjects is None else question.subjects)

    def allowed(group: Group, home: int | None) -> bool:
        now = student.groups.get(group.subject)
        seat = group.id == now or (group.subject not in question.locked and not is_full(group))
        set_aside = group.id in question.excluded or group.hours & question.blocked
        return group.id in department.offered and group.home_class in {None, home} and seat and not set_aside

    def is_full(group: Group) -> bool:
        return question.seats and group.size >= group.hard_max

    def fit(some: tuple[str, ...]) -> bool:
        ways = (
            way
            for home in homes
            if home == student.home_class or home not in full
            for way in product(
                *(
                    [g for g in department.groups.values() if g.subject == s and allowed(g, home)]
                    for s in some
                )
            )
        )
        return any(clashes_of([group.hours for group in way]) <= question.max_clashes for way in ways)

    for size in range(len(subjects) + 1):
        if bad := [some for some in combinations(subjects, size) if not fit(some)]:
            return bad
    return []


def cases() -> Iterator[tuple[Department, Question, bool, Explanation]]:
    for seed in DEPARTMENTS:
        department = random_department(seed)
        for question, portal_leads in questions(seed, department):
            yield department, question, portal_leads, explain(department, question, portal_leads=portal_leads)


def test_the_sets_are_all_the_smallest_that_trying_everything_finds() -> None:
    sizes = Counter[int]()
    for department, question, portal_leads, explanation in cases():
        own = department.students[question.student].home_class
        asked = replace(question, homes=(own,)) if portal_leads and question.homes is None else question
        expected = by_trying_everything(department, asked)
        assert [one.subjects for one in explanation.sets] == expected
        assert bool(expected) == (list_options(department, asked).total == 0)
        sizes[len(expected[0]) if expected else -1] += 1
    assert {-1, 0, 1, 2, 3} <= sizes.keys()


def test_each_reason_is_that_of_some_question_and_of_some_set() -> None:
    reasons, of_sets = Counter[Reason | None](), Counter[Reason]()
    for *_, explanation in cases():
        reasons[explanation.reason] += 1
        of_sets.update(one.reason for one in explanation.sets)
    assert reasons.keys() == {*Reason, None}
    assert of_sets.keys() == {*Reason} - {Reason.PORTAL_LEADS}


def test_a_reason_is_true() -> None:
    for department, question, portal_leads, explanation in cases():
        roomy = replace(question, seats=False)
        match explanation.reason:
            case None:
                assert list_options(department, replace(question, homes=explanation.classes)).total
            case Reason.PORTAL_LEADS:
                assert portal_leads
            case Reason.NO_PLACE:
                assert list_options(department, replace(roomy, homes=explanation.classes)).total
            case Reason.CLASS_FULL:
                seats = [department.classes[one] for one in explanation.classes if one is not None]
                assert any(one.size >= one.hard_max for one in seats)
            case _:
                assert not list_options(department, replace(roomy, homes=explanation.classes)).total


def test_what_is_proposed_opens_it() -> None:
    kinds = Counter[Kind]()
    for department, question, _, explanation in cases():
        assert len(explanation.cheapest) <= 5
        asked = replace(question, homes=explanation.classes)
        for proposal in explanation.cheapest:
            kinds[proposal.kind] += 1
            assert list_options(*relaxed(department, asked, proposal)).total
            if proposal.kind is Kind.CLASHES:
                fewer = replace(asked, max_clashes=proposal.clashes - 1)
                assert not list_options(department, fewer).total
    assert kinds.keys() == {*Kind}


def test_no_seat_is_proposed_that_is_not_needed() -> None:
    sizes = Counter[int]()
    for department, question, _, explanation in cases():
        asked = replace(question, homes=explanation.classes)
        for proposal in explanation.cheapest:
            if proposal.kind is Kind.SEATS:
                at = proposal.home_class
                fewer = [replace(proposal, groups=some) for some in but_one(proposal.groups)]
                fewer += [] if at is None else [replace(proposal, home_class=None)]
                assert not any(list_options(*relaxed(department, asked, one)).total for one in fewer)
                sizes[len(fewer)] += 1
    assert sizes.keys() == {1, 2, 3}


def relaxed(department: Department, question: Question, proposal: Relaxation) -> tuple[Department, Question]:
    match proposal.kind:
        case Kind.HOME_CLASS:
            return department, replace(question, homes=(proposal.home_class,))
        case Kind.CLASHES:
            assert proposal.hours
            return department, replace(question, max_clashes=proposal.clashes)
        case Kind.SUBJECTS:
            student = department.students[question.student]
            package = student.groups.keys() if question.subjects is None else question.subjects
            return department, replace(question, subjects=frozenset(package) - set(proposal.subjects))
        case Kind.SEATS:
            groups = {one: wider(department.groups[one]) for one in proposal.groups}
            at = proposal.home_class
            classes = {at: wider(department.classes[at])} if at is not None else {}
            return replace(
                department,
                groups={**department.groups, **groups},
                classes={**department.classes, **classes},
            ), question


def but_one(groups: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(combinations(groups, len(groups) - 1)) if groups else []


def wider(one):
    return replace(one, hard_max=one.size + 1)
