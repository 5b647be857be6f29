"""Small departments made to be awkward: full and overfull groups, bound, cluster and both, clashing, unplaced
and foreign groups, lessons without an hour, an A and a B week, no classes at all."""

import random
from collections import Counter
from dataclasses import replace

from desktop_sync.options.timetable import Cycle, Department, Group, HomeClass, Hour, Student


def random_department(seed: int) -> Department:
    """The same for the same seed; each student's questions can be answered by trying everything."""
    dice = random.Random(seed)
    hours = _hours(dice)
    cycle = Cycle.of(hours)
    classes = [1000 + n for n in range(dice.choice([0, 1, 2, 2, 3]))]
    subjects = [f"vak{n}" for n in range(dice.randint(1, 5))]
    drafts = [draft for subject in subjects for draft in _groups(dice, subject, classes, hours)]
    dice.shuffle(drafts)
    foreign = {n for n in range(len(drafts)) if dice.random() < 0.07}
    students = [_student(dice, f"9000{n:02}", classes, subjects, drafts) for n in range(dice.randint(2, 7))]
    in_group = Counter(group for student in students for group in student.groups.values())
    in_class = Counter(student.home_class for student in students)
    groups = {
        n: Group(
            id=n,
            code=f"{subject}.{dice.randrange(10)}{n}",
            subject=subject,
            home_class=home_class,
            size=in_group[n] + dice.choice([0, 0, 0, 1, 2]),
            soft_max=dice.randint(0, 4),
            hard_max=dice.randint(1, 6),
            hours=cycle.mask(lessons),
            unscheduled=dice.choice([0, 0, 0, 1]),
        )
        for n, (subject, home_class, lessons) in enumerate(drafts)
    }
    return Department(
        cycle=cycle,
        classes={
            one: HomeClass(one, f"k{9 - n}", in_class[one], dice.randint(0, 4), dice.randint(1, 6))
            for n, one in enumerate(classes)
        },
        groups=groups,
        offered=frozenset(groups.keys() - foreign),
        students={student.code: student for student in students},
    )


def crowded_department(seed: int) -> Department:
    """The same, but nearly every group is full and each has few lessons: who moves, needs another to move."""
    dice = random.Random(seed)
    known = random_department(seed)
    return replace(
        known,
        groups={
            one.id: replace(
                one,
                hard_max=max(1, one.size + dice.choice([-1, 0, 0, 0, 0, 1])),
                hours=one.hours & one.hours - 1,
            )
            for one in known.groups.values()
        },
    )


def _hours(dice: random.Random) -> list[Hour]:
    first = dice.randint(0, 2)
    weeks: list[str | None] = [None, "A", "B"] if dice.random() < 0.3 else [None]
    return [
        Hour(week, day, first + period)
        for week in weeks
        for day in range(dice.randint(1, 3))
        for period in range(dice.randint(3, 6))
    ]


Draft = tuple[str, int | None, list[Hour]]


def _groups(dice: random.Random, subject: str, classes: list[int], hours: list[Hour]) -> list[Draft]:
    kind = dice.choice(["bound", "cluster", "cluster", "both"])
    bound = [one for one in classes if dice.random() < 0.85] if kind != "cluster" else []
    cluster = [None] * dice.randint(1, 3) if kind != "bound" else []
    return [(subject, one, dice.sample(hours, dice.randint(0, 3))) for one in [*bound, *cluster]]


def _student(
    dice: random.Random, code: str, classes: list[int], subjects: list[str], drafts: list[Draft]
) -> Student:
    home_class = dice.choice([*classes, *classes, *classes, None])
    groups = dict[str, int | None]()
    for subject in dice.sample(subjects, dice.randint(1, len(subjects))):
        fit = [
            n for n, (one, bound, _) in enumerate(drafts) if one == subject and bound in {None, home_class}
        ]
        groups[subject] = dice.choice(fit) if fit and dice.random() < 0.9 else None
    return Student(code, home_class, groups)
