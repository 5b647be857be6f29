"""Next year's projects: the same classes and groups without lessons, and the prognoses.

Who has no prognosis: most of an exam year, and everywhere a few who have not decided yet.
"""

from collections.abc import Iterator
from random import Random

from doorstroom.demo_school.layout import DEPARTMENTS
from doorstroom.demo_school.packages import CHOICES, Package, choose
from doorstroom.demo_school.running_year import Json, RunningYear

_REPEATS, _UNDECIDED = 0.04, 0.06
_FROM_MAVO_TO_HAVO = 0.2


Offer = dict[tuple[str, str], set[str]]
"""By branch and department, the subjects with a cluster group: what can be chosen there."""


def offered_by(years: dict[str, RunningYear]) -> Offer:
    offer: Offer = {}
    for branch, year in years.items():
        for group in year.groups:
            if group["home_class"] is None:
                offer.setdefault((branch, group["department"]), set()).add(group["subject"])
    return offer


def prognoses(rng: Random, year: RunningYear, offer: Offer) -> Iterator[tuple[str, Json]]:
    """Branch code of next year, and the student as he stands in that branch's file."""
    for student in year.students:
        department = _next_department(rng, student["department"])
        there = year.school.branch_with(department, year.branch) if department else None
        if department is None or there is None:
            continue
        package = None
        if department in CHOICES:
            before = year.packages.get(student["code"])
            package = _package(rng, department, before, offer[there.code, department])
        yield there.code, _prognosis(student, department, package)


def _package(rng: Random, department: str, before: Package | None, offered: set[str]) -> Package:
    """The package he has, as far as it is offered there; else another."""
    package = choose(rng, department, before)
    while not offered.issuperset(package.subjects):
        package = choose(rng, department)
    return package


def without_lessons(groups: list[Json]) -> list[Json]:
    return [group | {"lessons": []} for group in groups]


def _next_department(rng: Random, department: str) -> str | None:
    dice, following = rng.random(), DEPARTMENTS[department].next
    if dice < _REPEATS:
        return department
    if department == "M4":
        return "H4" if dice < _REPEATS + _FROM_MAVO_TO_HAVO else None
    if not following or dice < _REPEATS + _UNDECIDED:
        return None
    return rng.choices([code for code, _ in following], [weight for _, weight in following])[0]


def _prognosis(student: Json, department: str, package: Package | None) -> Json:
    person = {key: value for key, value in student.items() if key != "profile"}
    subjects = list(package.subjects) if package else []
    placed: Json = {"department": department, "home_class": None, "subjects": subjects, "groups": {}}
    return person | placed | ({"profile": package.profile} if package else {})
