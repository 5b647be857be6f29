"""Which column is what: by the names that Somtoday, Magister and spreadsheets give them, in any order."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.student_import.problems import Problem, Severity
from gateway.student_import.reading import Row


class Column(StrEnum):
    CODE = "code"
    GIVEN_NAME = "given_name"
    PREFIX = "prefix"
    FAMILY_NAME = "family_name"
    BIRTH_DATE = "birth_date"
    EMAIL = "email"
    STREET = "street"
    HOUSE_NUMBER = "house_number"
    HOUSE_NUMBER_SUFFIX = "house_number_suffix"
    POSTAL_CODE = "postal_code"
    CITY = "city"
    COUNTRY = "country"
    BRANCH = "branch"
    DEPARTMENT = "department"
    HOME_CLASS = "home_class"
    PROFILE = "profile"
    CHOICE_PACKAGE = "choice_package"


NAMES: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.CODE: ("leerlingnummer", "stamnummer", "stamnr", "leerlingnr", "llnr", "student code"),
    Column.GIVEN_NAME: ("roepnaam", "voornaam", "first name"),
    Column.PREFIX: ("tussenvoegsel", "tussenvoegsels", "voorvoegsel", "voorvoegsels"),
    Column.FAMILY_NAME: ("achternaam", "last name", "surname"),
    Column.BIRTH_DATE: ("geboortedatum", "geb.datum", "date of birth"),
    Column.EMAIL: ("e-mail", "e-mailadres", "mailadres", "e-mail leerling"),
    Column.STREET: ("straat", "straatnaam"),
    Column.HOUSE_NUMBER: ("huisnummer", "huisnr"),
    Column.HOUSE_NUMBER_SUFFIX: ("toevoeging", "huisnummertoevoeging", "huisnr.toevoeging", "suffix"),
    Column.POSTAL_CODE: ("postcode", "zip code"),
    Column.CITY: ("plaats", "woonplaats"),
    Column.COUNTRY: ("land",),
    Column.BRANCH: ("vestiging", "vestigingscode"),
    Column.DEPARTMENT: ("afdeling", "afdelingscode"),
    Column.HOME_CLASS: ("stamklas", "klas", "stamgroep", "class"),
    Column.PROFILE: ("profiel",),
    Column.CHOICE_PACKAGE: ("keuzevakken", "pakket", "keuzepakket", "vakkenpakket", "choices"),
}
REQUIRED: Final = (Column.CODE, Column.DEPARTMENT)

_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands, and what is odd about it."""

    places: Mapping[Column, int]
    problems: list[Problem]


def read_header(row: Row) -> Header:
    """An unknown column is passed over with a warning; without a required one nothing can be read."""
    number, cells = row
    places: dict[Column, int] = {}
    problems = []
    for at, cell in enumerate(cells):
        column = _KNOWN.get(_key(cell))
        if column is None:
            if cell:
                problems.append(Problem(number, letter(at), "unknown_column", Severity.WARNING))
        elif column in places:
            problems.append(Problem(number, column, "column_twice"))
        else:
            places[column] = at
    problems += [Problem(number, column, "missing_column") for column in REQUIRED if column not in places]
    return Header(places, problems)


def letter(at: int) -> str:
    """A column as a spreadsheet names it: what stands in its header could be anything."""
    above, below = divmod(at, 26)
    return (letter(above - 1) if above else "") + chr(ord("A") + below)


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _SIGNS.sub("", plain).casefold()


def _keys() -> Iterator[tuple[str, Column]]:
    for column, names in NAMES.items():
        for name in (column.value, *names):
            yield _key(name), column


_KNOWN: Final = dict(_keys())
