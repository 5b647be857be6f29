"""A row of the file as a student: each cell understood, or named as a problem.

An empty cell says nothing, and what is here stays; only who has a name in the file has no prefix when that
cell is empty.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from gateway.house_numbers import house_number
from gateway.student_import.columns import Column, Header, read_header
from gateway.student_import.problems import Problem, Severity
from gateway.student_import.reading import Row, read_table

_CODE = re.compile(r"[0-9]{1,20}")
_FRACTION = re.compile(r"\.0+$")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*)?")
_DUTCH = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_DUTCH_POSTAL_CODE = re.compile(r"[1-9][0-9]{3} ?[A-Za-z]{2}")
_SUBJECTS = re.compile(r"[,|;]")
_HOME: Final = {"nl", "nld", "nederland", "netherlands", "the netherlands"}
_DUTCH_CODE: Final = "NL"
_UNSAFE: Final = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}
_EARLIEST: Final = 1900
_NAME: Final = (Column.GIVEN_NAME, Column.FAMILY_NAME)
# As long as users and the portal take them.
_LONGEST: Final[Mapping[Column, int]] = {
    Column.HOUSE_NUMBER: 20,
    Column.HOUSE_NUMBER_SUFFIX: 20,
    Column.POSTAL_CODE: 20,
    Column.EMAIL: 254,
    Column.CHOICE_PACKAGE: 2_000,
    Column.DEPARTMENT: 64,
    Column.HOME_CLASS: 64,
    Column.PROFILE: 64,
}
_MOST_SUBJECTS: Final = 50


@dataclass(frozen=True, slots=True)
class StudentRow:
    """What the file tells of one student; what is None or left out it does not tell."""

    row: int
    code: str
    department: str
    home_class: str | None
    profile: str | None
    choices: tuple[str, ...] | None
    details: Mapping[str, str]


@dataclass(slots=True)
class StudentFile:
    """`rows` are those without an error. `seen` are the codes of the others, as far as they can be read.

    `complete`: every row says whose it is, so that who is missing is missing.
    """

    rows: list[StudentRow] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    elsewhere: int = 0
    complete: bool = True
    problems: list[Problem] = field(default_factory=list)


class HeaderWrong(Exception):
    """Without these columns no row can be read."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s)")
        self.problems = list(problems)


def read_students(raw: bytes, branch: str, today: date) -> StudentFile:
    """The students of one branch. Raises FileUnreadable, HeaderWrong."""
    table = read_table(raw)
    header = read_header(table.header)
    if any(one.is_error for one in header.problems):
        raise HeaderWrong(header.problems)
    file = StudentFile(problems=list(header.problems))
    cells = [_Cells(row, header, today) for row in table.rows]
    times = Counter(one.code for one in cells)
    for one in cells:
        if one.is_elsewhere(branch):
            file.elsewhere += 1
            file.seen += [one.code] if one.has_code else []
            continue
        if times[one.code] > 1 and one.has_code:
            one.note(Column.CODE, "duplicate_code")
        student = one.student()
        file.problems += one.problems
        if student is not None:
            file.rows.append(student)
        elif one.has_code:
            file.seen.append(one.code)
        else:
            file.complete = False
    if file.elsewhere and not file.rows and not file.problems:
        raise HeaderWrong([Problem(table.header[0], Column.BRANCH, "no_row_of_this_branch")])
    return file


class _Cells:
    """One row, while it is read."""

    def __init__(self, row: Row, header: Header, today: date) -> None:
        self.number, cells = row
        self._today = today
        self._told = {
            column: unicodedata.normalize("NFC", cells[at])
            for column, at in header.places.items()
            if at < len(cells) and cells[at]
        }
        self._has_prefix = Column.PREFIX in header.places
        self.code = _FRACTION.sub("", self._told.get(Column.CODE, ""))
        self.problems: list[Problem] = []

    @property
    def has_code(self) -> bool:
        return self.code.isascii() and _CODE.fullmatch(self.code) is not None

    def is_elsewhere(self, branch: str) -> bool:
        """Whether the row says that it is another branch's."""
        return self._told.get(Column.BRANCH, branch).casefold() != branch.casefold()

    def note(self, column: Column, code: str, severity: Severity = Severity.ERROR) -> None:
        self.problems.append(Problem(self.number, column.value, code, severity))

    def student(self) -> StudentRow | None:
        """None when something of the row is wrong."""
        if not self.code:
            self.note(Column.CODE, "missing_code")
        elif not self.has_code:
            self.note(Column.CODE, "not_digits")
        self._drop_unsafe()
        department = self._told.get(Column.DEPARTMENT)
        if department is None and not any(one.column == Column.DEPARTMENT for one in self.problems):
            self.note(Column.DEPARTMENT, "missing_department")
        details = dict(self._details())
        choices = self._choices()
        if any(one.is_error for one in self.problems):
            return None
        return StudentRow(
            row=self.number,
            code=self.code,
            department=department or "",
            home_class=self._told.get(Column.HOME_CLASS),
            profile=self._told.get(Column.PROFILE),
            choices=choices,
            details=details,
        )

    def _drop_unsafe(self) -> None:
        for column, cell in list(self._told.items()):
            if len(cell) > _LONGEST.get(column, 100):
                self.note(column, "too_long")
                del self._told[column]
            elif any(unicodedata.category(sign) in _UNSAFE for sign in cell):
                self.note(column, "odd_characters")
                del self._told[column]

    def _details(self) -> Iterator[tuple[str, str]]:
        told = self._told
        if any(column in told for column in _NAME):
            yield from ((column.value, told[column]) for column in _NAME if column in told)
            if self._has_prefix:
                yield Column.PREFIX.value, told.get(Column.PREFIX, "")
        else:
            self.note(Column.FAMILY_NAME, "missing_name", Severity.WARNING)
        for column in (Column.STREET, Column.CITY):
            if column in told:
                yield column.value, told[column]
        if country := self._country():
            yield Column.COUNTRY.value, country
        number = house_number(told.get(Column.HOUSE_NUMBER), told.get(Column.HOUSE_NUMBER_SUFFIX))
        if number and len(number) > _LONGEST[Column.HOUSE_NUMBER]:
            self.note(Column.HOUSE_NUMBER, "too_long")
        elif number:
            yield Column.HOUSE_NUMBER.value, number
        for column, understand in (
            (Column.BIRTH_DATE, self._birth_date),
            (Column.EMAIL, self._email),
            (Column.POSTAL_CODE, self._postal_code),
        ):
            if column in told and (value := understand(told[column])) is not None:
                yield column.value, value

    def _birth_date(self, cell: str) -> str | None:
        day = _date(cell)
        if day is None or not day.year >= _EARLIEST or day > self._today:
            self.note(Column.BIRTH_DATE, "bad_date")
            return None
        return day.isoformat()

    def _email(self, cell: str) -> str | None:
        """One that is none is left out: nothing could be sent there."""
        if _EMAIL.fullmatch(cell):
            return cell
        self.note(Column.EMAIL, "bad_email", Severity.WARNING)
        return None

    def _postal_code(self, cell: str) -> str:
        """An odd one is kept: a country may be missing, and mail finds its way."""
        if self._country() in {None, _DUTCH_CODE} and not _DUTCH_POSTAL_CODE.fullmatch(cell):
            self.note(Column.POSTAL_CODE, "bad_postal_code", Severity.WARNING)
        return cell

    def _country(self) -> str | None:
        """As a code of two letters where it is one, or is this country's name."""
        cell = self._told.get(Column.COUNTRY)
        if cell is not None and cell.casefold() in _HOME:
            return _DUTCH_CODE
        return cell.upper() if cell is not None and len(cell) == len(_DUTCH_CODE) else cell

    def _choices(self) -> tuple[str, ...] | None:
        cell = self._told.get(Column.CHOICE_PACKAGE)
        if cell is None:
            return None
        subjects = dict.fromkeys(code for part in _SUBJECTS.split(cell) if (code := part.strip()))
        if len(subjects) > _MOST_SUBJECTS or any(len(code) > _LONGEST[Column.PROFILE] for code in subjects):
            self.note(Column.CHOICE_PACKAGE, "too_long")
        return tuple(subjects)


def _date(cell: str) -> date | None:
    """ISO, or as the Dutch write it; a year of two digits could be of two centuries."""
    try:
        if match := _ISO.fullmatch(cell):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DUTCH.fullmatch(cell):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return None
