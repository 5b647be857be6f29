"""The format `doorstroom-project/1`: one branch of one school in one school year, as a file.

A superset of `group-options/1`, whose files are accepted as they are: there students have no code or name.
Objects refer to each other by `id`, which counts inside the file only; a `code` is what people see, and is
the id where a file gives none (not for students: their codes are allotted at the import).
Sizes are counted from the students, never stored.
"""

import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

PROJECT_FORMAT: Final = "doorstroom-project/1"
OPTIONS_FORMAT: Final = "group-options/1"

# Control and format characters (bidi marks, zero width, NUL): a name with them reads otherwise than it is.
SAFE_TEXT: Final = r"^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$"
DIGITS: Final = r"^[0-9]*$"
STAFF_CODE: Final = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"
# Begins with a letter: it never looks like a student's, and sorts after all of those.
GUARDIAN_CODE: Final = r"^[A-Za-z][A-Za-z0-9._@-]{0,63}$"
EMAIL: Final = r"^$|^[^@\s\p{Cc}\p{Cf}]+@[^@\s\p{Cc}\p{Cf}]+$"
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _none_if_empty(value: str) -> str | None:
    return value or None


def _calendar_date(value: object) -> object:
    if value is None or (type(value) is date and value.year in range(1900, 2101)):
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(value) and "1900" <= value[:4] <= "2100":
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("bad_date", "not a date YYYY-MM-DD between 1900 and 2100")


Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=SAFE_TEXT)]
StaffCode = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=STAFF_CODE)]
GuardianCode = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=GUARDIAN_CODE)]
Digits = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=DIGITS)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=SAFE_TEXT)
]
# Empty and absent mean the same for a person: many school systems write "" for no prefix.
PersonText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100, pattern=SAFE_TEXT),
    AfterValidator(_none_if_empty),
]
ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20, pattern=SAFE_TEXT),
    AfterValidator(_none_if_empty),
]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254, pattern=EMAIL),
    AfterValidator(_none_if_empty),
]
CalendarDate = Annotated[date, BeforeValidator(_calendar_date)]
GroupSize = Annotated[int, Field(ge=0, le=10_000)]
CycleWeek = Literal["A", "B"]


class Part(BaseModel):
    """Strict, so that 1.0 is no period and true no day; unknown keys are mistakes, not extensions."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    id: Id


class Coded(Part):
    code: Id | None = None
    name: Name | None = None

    @property
    def code_or_id(self) -> str:
        return self.code or self.id


class Slot(Part):
    day: Annotated[int, Field(ge=0, le=13)]
    period: Annotated[int, Field(ge=0, le=30)]
    week: CycleWeek | None = None


class Department(Coded):
    home_class_led_by: Literal["portal", "desktop"]


class HomeClass(Coded):
    department: Id
    soft_max: GroupSize
    hard_max: GroupSize
    mentors: Annotated[list[StaffCode], Field(max_length=50)] | None = None


class Group(Coded):
    """A lesson group. With a `home_class` it is bound: only students of that class may be in it."""

    department: Id
    departments: Annotated[list[Id], Field(max_length=100)] = []
    subject: Id
    home_class: Id | None
    soft_max: GroupSize
    hard_max: GroupSize
    lessons: Annotated[list[int | None], Field(max_length=200)]
    """Indices of `slots`; null is a lesson that has no slot yet."""
    teachers: Annotated[list[StaffCode], Field(max_length=50)] | None = None

    @property
    def serves(self) -> list[str]:
        """All its departments, its own first."""
        return list(dict.fromkeys([self.department, *self.departments]))


class Subject(Coded):
    """Without a department it is offered in all of them."""

    department: Id | None = None


class Person(Part):
    given_name: PersonText | None = None
    prefix: PersonText | None = None
    family_name: PersonText | None = None
    birth_date: CalendarDate | None = None
    email: Email | None = None
    street: PersonText | None = None
    house_number: ShortText | None = None
    house_number_suffix: ShortText | None = None
    postal_code: ShortText | None = None
    city: PersonText | None = None
    country: PersonText | None = None


class Student(Person):
    code: Digits | None = None
    department: Id
    home_class: Id | None
    subjects: Annotated[list[Id], Field(max_length=100)]
    groups: Annotated[dict[Id, Id], Field(max_length=100)] = {}
    """Subject to group; a subject of `subjects` that is not in here is not placed yet."""
    profile: ShortText | None = None


class Guardian(Person):
    """A guardian (ouder, verzorger) of students of this file; without a code he is allotted one."""

    code: GuardianCode | None = None
    children: Annotated[list[Id], Field(min_length=1, max_length=100)]


class Week(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    days: Annotated[list[Name], Field(min_length=1, max_length=14)]
    periods: Annotated[int, Field(ge=1, le=30)]
    cycle: Annotated[list[CycleWeek], Field(max_length=2)] = []


class ProjectFile(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    format: Literal["doorstroom-project/1", "group-options/1"]
    name: Name
    week: Week | None = None
    days: Annotated[list[Name], Field(max_length=14)] | None = None
    source: Annotated[Any, Field(exclude=True)] = None
    """Where the file came from; ours to ignore, whatever it holds."""
    slots: Annotated[list[Slot], Field(max_length=2_000)]
    departments: Annotated[list[Department], Field(max_length=500)]
    home_classes: Annotated[list[HomeClass], Field(max_length=2_000)]
    groups: Annotated[list[Group], Field(max_length=20_000)]
    subjects: Annotated[list[Subject], Field(max_length=5_000)] | None = None
    students: Annotated[list[Student], Field(max_length=50_000)]
    guardians: Annotated[list[Guardian], Field(max_length=50_000)] = []
