"""Why there is no option: the smallest sets of subjects that do not go together, and what would open it."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import combinations

from desktop_sync.options.fitting import Fitting
from desktop_sync.options.question import Question
from desktop_sync.options.relaxing import Relaxation, relaxations
from desktop_sync.options.searching import fits
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
    `elsewhere`, where the portal leads: the other classes in which he fits.
    """

    reason: Reason | None
    classes: tuple[int | None, ...]
    sets: tuple[Conflict, ...]
    elsewhere: tuple[int | None, ...]
    _fitting: Fitting = field(repr=False, compare=False)

    @property
    def full(self) -> tuple[int, ...]:
        """The classes looked at in which there is no seat for him."""
        return tuple(one for one in self._fitting.full if one is not None)

    @cached_property
    def cheapest(self) -> tuple[Relaxation, ...]:
        """What would open it, the least first, at most five. Looked for when first asked: each is proven."""
        return relaxations(self._fitting, self.elsewhere)


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
    reason = Reason.PORTAL_LEADS if elsewhere else reason_of_all(fitting)
    return Explanation(reason, fitting.classes, sets, elsewhere, fitting)


def reason_of_all(fitting: Fitting) -> Reason | None:
    """Why the whole package does not fit. None: it does."""
    if not fitting.sets:
        return None
    if any(len(some) == 1 and _reason(fitting, some) is Reason.NO_GROUP for some in fitting.sets):
        return Reason.NO_GROUP
    return _reason(fitting, fitting.subjects)


def _reason(fitting: Fitting, subjects: tuple[str, ...]) -> Reason:
    """Why these subjects, of which it is known that they do not fit, do not."""
    if not fitting.open:
        return Reason.CLASS_FULL
    wanted = replace(fitting.without_seats, subjects=frozenset(subjects))
    rooms = [fitting.room(one, wanted) for one in fitting.open]
    if fits(rooms, subjects, wanted.max_clashes):
        return Reason.NO_PLACE
    rooms += (full := [fitting.room(one, wanted) for one in fitting.full])
    if fits(full, subjects, wanted.max_clashes):
        return Reason.CLASS_FULL
    if wanted.blocked:
        unblocked = replace(wanted, blocked=0)
        rooms = [fitting.room(one, unblocked) for one in fitting.classes]
    return Reason.NO_TIME if any(all(room.values()) for room in rooms) else Reason.NO_GROUP


def _elsewhere(fitting: Fitting) -> tuple[int | None, ...]:
    """The classes but his own in which he fits: of those asked about, or of all when only his own was."""
    own = fitting.student.home_class
    others = [one for one in fitting.classes if one != own] or fitting.department.class_ids
    elsewhere = Fitting(
        fitting.department,
        replace(fitting.question, homes=tuple(one for one in others if one not in {own, None})),
    )
    clashes = fitting.question.max_clashes
    pairs = zip(elsewhere.open, elsewhere.rooms, strict=True)
    return tuple(one for one, room in pairs if fits([room], elsewhere.subjects, clashes))


def _conflict(fitting: Fitting, subjects: tuple[str, ...]) -> Conflict:
    reason = _reason(fitting, subjects)
    asked = replace(fitting.question, subjects=frozenset(subjects), blocked=0)
    classes = fitting.open if reason is Reason.NO_PLACE else fitting.classes
    free, every = (fitting.groups(classes, one) for one in (asked, replace(asked, seats=False)))
    groups = every
    if reason is Reason.NO_PLACE:
        groups = [one for one in every if one not in free and _opens(fitting, subjects, one)]
    elif reason is Reason.NO_GROUP:
        there = fitting.groups(classes, Question(asked.student, seats=False, subjects=asked.subjects))
        groups = [one for one in there if one not in every]
    met = _meeting(free if reason is Reason.NO_PLACE else every, fitting.question.blocked)
    hours = fitting.department.cycle.hours(met)
    return Conflict(subjects, reason, tuple(one.id for one in groups), tuple(hours))


def _opens(fitting: Fitting, subjects: tuple[str, ...], group: Group) -> bool:
    """Whether these subjects fit with it, were no group full."""
    wanted = replace(fitting.without_seats, subjects=frozenset(subjects))
    rooms = [
        {**fitting.room(home_class, wanted), group.subject: [group.hours]}
        for home_class in fitting.open
        if group.home_class in {None, home_class} and not group.hours & wanted.blocked
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
