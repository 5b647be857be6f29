"""Departments like those of a school: classes with their own lessons, groups of chosen subjects in bands."""

import random
from collections import Counter
from dataclasses import dataclass

from desktop_sync.options.timetable import Cycle, Department, Group, HomeClass, Hour, Student

_DAYS, _PERIODS = 5, 9
_LESSONS = 3  # a week, of each group
_BOUND, _CHOSEN = 6, 6  # subjects of a student


@dataclass(frozen=True)
class Plan:
    """How tight a department is: `groups` of each subject to choose, `bands` of hours that they are in.

    `stray` is the part of the lessons that stands outside its band, `full` that of the groups without a seat.
    """

    classes: int
    students: int
    subjects: int
    groups: int
    bands: int
    stray: float
    full: float


TIGHT = Plan(classes=4, students=112, subjects=10, groups=3, bands=7, stray=0.08, full=0.6)
ROOMY = Plan(classes=4, students=112, subjects=10, groups=4, bands=7, stray=0.03, full=0.1)


def made_department(plan: Plan, seed: int = 1) -> Department:
    """Of this plan; the same for the same seed. Who fits nowhere has no group for the subject yet."""
    dice = random.Random(seed)
    hours = [Hour(None, day, period) for day in range(_DAYS) for period in range(1, _PERIODS + 1)]
    dice.shuffle(hours)
    cycle = Cycle.of(hours)
    banded, rest = hours[: plan.bands * _LESSONS], hours[plan.bands * _LESSONS :]
    bands = [banded[at : at + _LESSONS] for at in range(0, len(banded), _LESSONS)]
    lessons = dict[tuple[str, int | None, int], list[Hour]]()
    for home_class in range(plan.classes):
        own = dice.sample(rest, _BOUND * _LESSONS)
        for number in range(_BOUND):
            lessons[f"b{number}", home_class, 0] = own[number * _LESSONS : (number + 1) * _LESSONS]
    for chosen in range(plan.subjects):
        for number, band in enumerate(dice.sample(bands, plan.groups)):
            moved = [dice.choice(hours) if dice.random() < plan.stray else hour for hour in band]
            lessons[f"c{chosen}", None, number] = moved
    masks = [cycle.mask(one) for one in lessons.values()]
    of_subject = dict[str, list[tuple[int, int | None]]]()
    for at, (subject, bound, _) in enumerate(lessons):
        of_subject.setdefault(subject, []).append((at, bound))
    students = [
        _student(dice, f"{at:06}", at % plan.classes, of_subject, masks) for at in range(plan.students)
    ]
    in_group = Counter(group for student in students for group in student.groups.values())
    in_class = Counter(student.home_class for student in students)
    return Department(
        cycle=cycle,
        classes={one: HomeClass(one, f"k{one}", in_class[one], 28, 32) for one in range(plan.classes)},
        groups={
            at: Group(
                id=at,
                code=f"{subject}.{number if bound is None else bound}",
                subject=subject,
                home_class=bound,
                size=in_group[at],
                soft_max=max(1, in_group[at] - 1),
                hard_max=in_group[at] if bound is None and dice.random() < plan.full else in_group[at] + 4,
                hours=masks[at],
            )
            for at, (subject, bound, number) in enumerate(lessons)
        },
        offered=frozenset(range(len(lessons))),
        students={student.code: student for student in students},
    )


def _student(
    dice: random.Random,
    code: str,
    home_class: int,
    of_subject: dict[str, list[tuple[int, int | None]]],
    masks: list[int],
) -> Student:
    bound = [subject for subject, groups in of_subject.items() if groups[0][1] is not None]
    chosen = dice.sample([one for one in of_subject if one not in bound], _CHOSEN)
    groups, used = dict[str, int | None](), 0
    for subject in [*bound, *chosen]:
        open_to_him = [at for at, only in of_subject[subject] if only in {None, home_class}]
        dice.shuffle(open_to_him)
        group = next((at for at in open_to_him if not masks[at] & used), None)
        groups[subject] = group
        used |= 0 if group is None else masks[group]
    return Student(code, home_class, groups)
