"""Why there is no option: the smallest sets of subjects that do not go together, and what would open it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import combinations

from desktop_sync.options.fitting import Fitting, fits
from desktop_sync.options.question import Question
from desktop_sync.options.relaxing import Relaxation, relaxations
from desktop_sync.options.timetable import Department, Group, Hour


class Reason(StrEnum):
    """Why not; the first that holds, in this order."""

    PORTAL_LEADS = "portal_leads"  # he fits in another class, but the portal places him in one
    CLASS_FULL = "class_full"  # no class is open; or it fits only in one that is full
    NO_PLACE = "no_place"  # it fits if full groups could be joined
    NO_GROUP = "no_group"  # each class has no group for one of the subjects
    NO_TIME = "no_time"  # the groups meet


@dataclass(frozen=True, slots=True)
class Conflict:
    """Subjects he cannot have together, though he can have any fewer of them.

    `groups`: with no_place the full ones that would do, with no_time all he could be in, with no_group those
    that the question sets aside. `hours`: where what is open to him meets, or is blocked.
    """

    subjects: tuple[str, ...]
    reason: Reason
    groups: tuple[int, ...]
    hours: tuple[Hour, ...]


@dataclass(frozen=True)
class Explanation:
    """`reason` is that of the whole package, in the `classes` looked at; None when he does fit.

    A set has its own reason, which may be another: seats open the one, and a larger one is behind it.
    """

    reason: Reason | None
    classes: tuple[int | None, ...]
    sets: tuple[Conflict, ...]
    _fitting: Fitting = field(repr=False, compare=False)
    _elsewhere: tuple[int | None, ...] = field(repr=False, compare=False)

    @cached_property
    def cheapest(self) -> tuple[Relaxation, ...]:
        """What would open it, the least first, at most five. Looked for when first asked: each is proven."""
        return relaxations(self._fitting, self._elsewhere)


def explain(department: Department, question: Question, *, portal_leads: bool = False) -> Explanation:
    """Why this question has no option: all infeasible sets of subjects of the smallest size.

    Where the portal leads he stays in his class, unless the question names another. That he stands somewhere
    now counts as fitting, also when asked `without_present`. Raises KeyError for an unknown student.
    """
    own = department.students[question.student].home_class
    asked = replace(question, homes=(own,)) if portal_leads and question.homes is None else question
    fitting = Fitting(department, asked)
    elsewhere = _elsewhere(fitting) if portal_leads else ()
    sets = tuple(_conflict(fitting, subjects) for subjects in fitting.sets)
    reason = Reason.PORTAL_LEADS if elsewhere else None
    if reason is None and sets:
        reason = reason_of(fitting, fitting.subjects)
    return Explanation(reason, fitting.classes, sets, fitting, elsewhere)


def reason_of(fitting: Fitting, subjects: Iterable[str]) -> Reason:
    """Why these subjects, of which it is known that they do not fit, do not."""
    wanted, clashes = tuple(subjects), fitting.question.max_clashes
    if not fitting.open:
        return Reason.CLASS_FULL
    if fits(fitting.loose, wanted, clashes):
        return Reason.NO_PLACE
    full = [fitting.room(one, fitting.without_seats) for one in fitting.full]
    if fits(full, wanted, clashes):
        return Reason.CLASS_FULL
    rooms = [*fitting.loose, *full]
    if fitting.question.blocked:
        unblocked = replace(fitting.without_seats, blocked=0)
        rooms = [fitting.room(one, unblocked) for one in fitting.classes]
    return Reason.NO_TIME if any(all(room[one] for one in wanted) for room in rooms) else Reason.NO_GROUP


def _elsewhere(fitting: Fitting) -> tuple[int | None, ...]:
    """The classes but his own in which he fits: of those asked about, or of all when only his own was."""
    own = fitting.student.home_class
    others = [one for one in fitting.classes if one != own] or fitting.department.class_ids
    elsewhere = Fitting(
        fitting.department, replace(fitting.question, homes=tuple(one for one in others if one != own))
    )
    clashes = fitting.question.max_clashes
    pairs = zip(elsewhere.open, elsewhere.rooms, strict=True)
    return tuple(one for one, room in pairs if fits([room], elsewhere.subjects, clashes))


def _conflict(fitting: Fitting, subjects: tuple[str, ...]) -> Conflict:
    reason = reason_of(fitting, subjects)
    every = fitting.groups(replace(fitting.without_seats, blocked=0), subjects)
    free = fitting.groups(replace(fitting.question, blocked=0), subjects)
    if reason is Reason.NO_PLACE:
        groups = [one for one in every if one not in free and _opens(fitting, subjects, one)]
    elif reason is Reason.NO_GROUP:
        aside = Question(fitting.question.student, seats=False, subjects=frozenset(subjects))
        groups = [one for one in fitting.groups(aside, subjects) if one not in every]
    else:
        groups = every
    met = _meeting(free if reason is Reason.NO_PLACE else every, fitting.question.blocked)
    hours = fitting.department.cycle.hours(met)
    return Conflict(subjects, reason, tuple(one.id for one in groups), tuple(hours))


def _opens(fitting: Fitting, subjects: tuple[str, ...], group: Group) -> bool:
    """Whether these subjects fit with it, were no group full."""
    rooms = [
        {**room, group.subject: [group.hours]}
        for home_class, room in zip(fitting.open, fitting.loose, strict=True)
        if group.home_class in {None, home_class} and not group.hours & fitting.question.blocked
    ]
    return fits(rooms, subjects, fitting.question.max_clashes) is not None


def _meeting(groups: list[Group], blocked: int) -> int:
    met = 0
    for one in groups:
        met |= one.hours & blocked
    for one, other in combinations(groups, 2):
        if one.subject != other.subject and len({one.home_class, other.home_class} - {None}) <= 1:
            met |= one.hours & other.hours
    return met
