"""One department in the running year: home classes, groups with lessons, students with a place in each."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from doorstroom.demo_school.cluster_lines import HARD_MAX, SOFT_MAX, ClusterGroup, Lines
from doorstroom.demo_school.layout import DEPARTMENTS, BranchPlan, SchoolPlan
from doorstroom.demo_school.packages import CHOICES, Package, choose
from doorstroom.demo_school.people import People
from doorstroom.demo_school.subjects import CLASS_LESSONS
from doorstroom.demo_school.week import LESSONS_IN_A_LINE, move_some, slots_until

CLASS_LIMITS = {"soft_max": 30, "hard_max": 32}
_CLASS_SIZES = (24, 25, 26, 26, 27, 28)
# Where people look first, there is no seat left: branch, department, class.
_FULL_CLASS = ("DC", "H4", 0)
_PACKAGES_TRIED = 30

Json = dict[str, Any]


@dataclass(slots=True)
class RunningYear:
    """A branch's running year so far. Packages are by student code."""

    school: SchoolPlan
    branch: BranchPlan
    home_classes: list[Json] = field(default_factory=list)
    groups: list[Json] = field(default_factory=list)
    students: list[Json] = field(default_factory=list)
    packages: dict[str, Package] = field(default_factory=dict)


def add_department(year: RunningYear, rng: Random, people: People, department: str) -> None:
    homes = year.branch.homes(department)
    students: list[Json] = []
    for number, home in enumerate(homes):
        full = (year.branch.code, department, number) == _FULL_CLASS
        for _ in range(CLASS_LIMITS["hard_max"] if full else rng.choice(_CLASS_SIZES)):
            person = people.student(year.school, DEPARTMENTS[department].year)
            students.append(person | {"department": department, "home_class": home})
    places, cluster_groups, slots = _choices(rng, department, students, year.packages)
    groups = [group for home in homes for group in _bound_groups(rng, department, home, slots)]
    groups += cluster_groups
    for student in students:
        bound = {subject: f"{student['home_class']}.{subject}" for subject in CLASS_LESSONS[department]}
        student["groups"] = bound | places.get(student["code"], {})
        student["subjects"] = list(student["groups"])
        if student["code"] in year.packages:
            student["profile"] = year.packages[student["code"]].profile
    move_some(rng, groups, students)
    year.home_classes += [{"id": home, "department": department, **CLASS_LIMITS} for home in homes]
    year.groups += groups
    year.students += students


def _choices(
    rng: Random, department: str, students: list[Json], packages: dict[str, Package]
) -> tuple[dict[str, dict[str, str]], list[Json], list[int]]:
    """Per student his cluster groups; those groups; and the slots that are left for the classes."""
    if department not in CHOICES:
        return {}, [], slots_until(rng, 7)
    slots = slots_until(rng, 8)
    count = CHOICES[department] + 2
    taken = [sorted(slots.pop() for _ in range(LESSONS_IN_A_LINE)) for _ in range(count)]
    wishes = {student["code"]: choose(rng, department) for student in students}
    lines = Lines(department, count, (wish.subjects for wish in wishes.values()))
    places = {}
    for code, wish in wishes.items():
        packages[code], placed = _placed(rng, department, lines, wish)
        places[code] = {group.subject: group.id for group in placed}
    groups = [_group(one.id, department, one.subject, None, taken[one.line]) for one in lines.groups]
    return places, groups, slots


def _placed(rng: Random, department: str, lines: Lines, wish: Package) -> tuple[Package, list[ClusterGroup]]:
    package = wish
    for _ in range(_PACKAGES_TRIED):
        placed = lines.place(package.subjects)
        if placed is not None:
            return package, placed
        package = choose(rng, department)
    return wish, lines.place_anyhow(wish.subjects)


def _bound_groups(rng: Random, department: str, home: str, slots: list[int]) -> list[Json]:
    lessons = CLASS_LESSONS[department]
    drawn = rng.sample(slots, sum(lessons.values()))
    return [
        _group(f"{home}.{subject}", department, subject, home, sorted(drawn.pop() for _ in range(count)))
        for subject, count in lessons.items()
    ]


def _group(group_id: str, department: str, subject: str, home: str | None, lessons: list[int]) -> Json:
    limits = CLASS_LIMITS if home else {"soft_max": SOFT_MAX, "hard_max": HARD_MAX}
    named = {"id": group_id, "department": department, "subject": subject, "home_class": home}
    return {**named, **limits, "lessons": list(lessons)}


def sizes(students: list[Json]) -> Counter[str]:
    return Counter(group for student in students for group in student["groups"].values())
