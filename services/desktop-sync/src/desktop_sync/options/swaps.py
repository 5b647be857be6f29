"""All swaps of a student, the best first: what he could have if one or two others moved."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from desktop_sync.options.listing import candidates, homes_of, may_be_in
from desktop_sync.options.making_room import Room, Steps
from desktop_sync.options.option import cost_of_class, cost_of_group
from desktop_sync.options.question import Question
from desktop_sync.options.swap import Others, Swap, row_of, seats_of, swap_key
from desktop_sync.options.timetable import Department, Group

MOST_STEPS = 50_000


@dataclass(frozen=True, slots=True)
class SwapListing:
    """The best k of `total` swaps; where it is not `complete` there may be more, and better."""

    total: int
    rows: tuple[Swap, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """What he would have, could he join the full groups in it."""

    home_class: int | None
    groups: dict[str, int]
    clashes: int
    changes: int


def list_swaps(
    department: Department,
    question: Question,
    *,
    depth: int = 1,
    other_changes: int = 1,
    own_changes: int | None = None,
) -> SwapListing:
    """Complete and ranked, unless that takes more than MOST_STEPS: then what was found until there, ranked.

    At most `depth` others (1 or 2) of the department move, each in at most `other_changes` subjects; his own
    changes are at most `own_changes`. Where no seats are asked for nothing is full and nobody needs to move.
    Raises KeyError for an unknown student.
    """
    student = department.students[question.student]
    if not question.seats:
        return SwapListing(0, (), complete=True)
    steps = Steps(MOST_STEPS)
    room = Room(department, student, other_changes, steps)
    found = list[tuple[tuple[int, int, int], _Wish, Others]]()
    for wish in _wishes(department, question, depth * other_changes, steps):
        if own_changes is not None and wish.changes > own_changes:
            continue
        for moves in room.made(seats_of(student, wish.groups), depth):
            others = tuple(sorted((move.student, move.to) for move in moves))
            changes = wish.changes + sum(len(move.to) for move in moves)
            found.append(((wish.clashes, len(others), changes), wish, others))
    found.sort(key=lambda one: one[0])
    worst = found[min(question.k, len(found)) - 1][0] if found else ()
    rows = [
        row
        for first, wish, others in found
        if first <= worst
        and isinstance(row := row_of(department, student, wish.home_class, wish.groups, others), Swap)
    ]
    rows.sort(key=lambda swap: swap_key(department, swap))
    return SwapListing(len(found), tuple(rows[: question.k]), complete=steps.left >= 0)


def _wishes(department: Department, question: Question, most_full: int, steps: Steps) -> Iterator[_Wish]:
    """His assignments with full groups, not more than can be opened; those in his own class first."""
    student = department.students[question.student]
    homes = sorted(homes_of(department, question), key=lambda home: home != student.home_class)
    for home_class in homes:
        if may_be_in(department, student, home_class, question):
            yield from _wishes_in(department, question, home_class, most_full, steps)


def _wishes_in(
    department: Department, question: Question, home_class: int | None, most_full: int, steps: Steps
) -> Iterator[_Wish]:
    student = department.students[question.student]
    now = {
        subject: department.groups[group] for subject, group in student.groups.items() if group is not None
    }
    open_to_him = candidates(department, student, home_class, replace(question, seats=False))

    def full(group: Group) -> bool:
        return group is not now.get(group.subject) and group.size >= group.hard_max

    subjects = sorted(
        open_to_him, key=lambda one: (not any(map(full, open_to_him[one])), len(open_to_him[one]))
    )
    last = sum(any(map(full, groups)) for groups in open_to_him.values())

    def place(at: int, used: int, clashes: int, closed: int, groups: tuple[Group, ...]) -> Iterator[_Wish]:
        if at == last and not closed:
            return
        if at == len(subjects):
            changes = sum(cost_of_group(now.get(group.subject), group)[0] for group in groups)
            changes += cost_of_class(department, student, home_class)[0]
            chosen = {group.subject: group.id for group in groups}
            yield _Wish(home_class, {subject: chosen[subject] for subject in open_to_him}, clashes, changes)
            return
        for group in open_to_him[subjects[at]]:
            more, shut = clashes + (used & group.hours).bit_count(), closed + full(group)
            if more <= question.max_clashes and shut <= most_full and steps.take():
                yield from place(at + 1, used | group.hours, more, shut, (*groups, group))

    yield from place(0, 0, 0, 0, ())
