"""Families: most students have one or two guardians, and some guardians two children at school.

Drawn apart from the school itself: with families or without, the rest of the school is the same.
"""

from random import Random

from doorstroom.demo_school.people import ADDRESS, FAMILY, People, Person
from doorstroom.demo_school.running_year import Json

_SIBLINGS = 0.12
_GUARDIANS = ((0, 4), (1, 24), (2, 72))
_SAME_NAME = (0.6, 0.5)
"""Of the first guardian and of the second: the child has the name of one of them, mostly."""


def make_families(rng: Random, people: People, students: list[Json]) -> list[Person]:
    """The guardians of a school's students, each with the ids of his children.

    A younger brother or sister gets the family name and the address of the elder.
    """
    numbers, weights = zip(*_GUARDIANS, strict=True)
    guardians = []
    alone = rng.sample(students, len(students))
    while alone:
        family = [alone.pop()]
        if alone and rng.random() < _SIBLINGS:
            family.append(_as_sibling(alone.pop(), family[0]))
        for number in range(rng.choices(numbers, weights)[0]):
            guardian = people.guardian(family[0], same_name=rng.random() < _SAME_NAME[number])
            guardians.append(guardian | {"children": sorted(child["id"] for child in family)})
    return sorted(guardians, key=lambda guardian: str(guardian["id"]))


def with_children_in(guardians: list[Person], students: list[Json]) -> list[Person]:
    """Those of these students, as a file tells them: with the children who are in it."""
    here = {student["id"] for student in students}
    found = ((one, [child for child in one["children"] if child in here]) for one in guardians)
    return [one | {"children": children} for one, children in found if children]


def _as_sibling(student: Json, elder: Json) -> Json:
    for key in (*FAMILY, *ADDRESS):
        student.pop(key, None)
    student |= {key: elder[key] for key in (*FAMILY, *ADDRESS) if key in elder}
    return student
