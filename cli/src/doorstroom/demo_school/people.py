"""Invented persons: name, birth date, address, e-mail at a domain that cannot exist."""

import unicodedata
from datetime import date, timedelta
from random import Random
from typing import Any

from doorstroom.demo_school.addresses import LETTERS, STREETS, UNUSED_LETTERS, Town
from doorstroom.demo_school.layout import SchoolPlan
from doorstroom.demo_school.names import backgrounds

FIRST_STUDENT_CODE = 200_001
FIRST_GUARDIAN_CODE = 100_001
_DID_A_YEAR_TWICE = 0.08
_WITH_A_SUFFIX = 0.12

FAMILY = ("prefix", "family_name")
ADDRESS = ("street", "house_number", "house_number_suffix", "postal_code", "city", "country")

Person = dict[str, Any]


class People:
    """Draws persons one after the other, and sees to it that no code is given twice."""

    def __init__(self, rng: Random, school_year: int) -> None:
        self._rng = rng
        self._school_year = school_year
        self._next_student_code = FIRST_STUDENT_CODE
        self._next_guardian_code = FIRST_GUARDIAN_CODE
        self._staff_codes: set[str] = set()

    def student(self, school: SchoolPlan, year: int) -> Person:
        code = str(self._next_student_code)
        self._next_student_code += 1
        return {
            "id": code,
            "code": code,
            **self._name(),
            "birth_date": self._birth_date(year).isoformat(),
            "email": f"{code}@leerling.{school.domain}",
            **self._address(school.towns),
        }

    def staff(self, school: SchoolPlan) -> Person:
        name = self._name()
        code = self._staff_code(name)
        return {"code": code, "prefix": "", **name, "email": f"{code}@{school.domain}"}

    def guardian(self, child: Person, *, same_name: bool) -> Person:
        """At the child's address."""
        code = f"g{self._next_guardian_code}"
        self._next_guardian_code += 1
        name = self._name()
        if same_name:
            name = {"given_name": name["given_name"]} | {key: child[key] for key in FAMILY if key in child}
        address = {key: child[key] for key in ADDRESS if key in child}
        return {"id": code, "code": code, **name, "email": f"{code}@thuis.example", **address}

    def _name(self) -> Person:
        shares = [background.share for background in backgrounds()]
        (background,) = self._rng.choices(backgrounds(), shares)
        family_name, _, prefix = self._rng.choice(background.family_names).partition(", ")
        named = {"given_name": self._rng.choice(background.given_names)}
        return named | ({"prefix": prefix} if prefix else {}) | {"family_name": family_name}

    def _birth_date(self, year: int) -> date:
        """Twelve in the first year, by the date of 1 October; some did a year twice."""
        born_from = self._school_year - 12 - year - (self._rng.random() < _DID_A_YEAR_TWICE)
        return date(born_from, 10, 1) + timedelta(days=self._rng.randrange(365))

    def _address(self, towns: tuple[Town, ...]) -> Person:
        rng = self._rng
        city, first, last = rng.choices(towns, [last - first + 2 for _, first, last in towns])[0]
        letters = "SS"
        while letters in UNUSED_LETTERS:
            letters = rng.choice(LETTERS) + rng.choice(LETTERS)
        number = {"house_number": str(rng.randint(1, 220))}
        if rng.random() < _WITH_A_SUFFIX:
            number["house_number_suffix"] = rng.choice(("a", "b", "c", "bis", "-2"))
        place = {"postal_code": f"{rng.randint(first, last)} {letters}", "city": city, "country": "NL"}
        return {"street": rng.choice(STREETS), **number, **place}

    def _staff_code(self, name: Person) -> str:
        """Three letters, as on a timetable; a number when they are taken."""
        letters = name["given_name"][:1] + name["family_name"][:2]
        plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode().lower()
        code, number = plain, 2
        while code in self._staff_codes:
            code, number = f"{plain}{number}", number + 1
        self._staff_codes.add(code)
        return code
