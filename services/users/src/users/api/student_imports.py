"""Users' part of an import of students: a school's own list, which the gateway has read."""

from typing import Annotated, cast

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from shared.contracts.ids import AStudentCode, UserCode
from shared.contracts.rights import Permission
from shared.errors import NotAllowed
from shared.project_file.format import SAFE_TEXT, CalendarDate, Email, PersonText, ShortText
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import Input
from users.api.parts import Work
from users.features.student_import import FieldGroup, PersonRow, StudentsImported, import_students
from users.models.personal_details import DETAIL_FIELDS, PersonalDetails

PATH, MAX_BODY = "/imports/students", 64 * 1024 * 1024
MOST_ROWS = 50_000

router = APIRouter(tags=["imports"])

RowNumber = Annotated[int, Field(ge=1, le=10_000_000)]
Prefix = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=SAFE_TEXT)]
"""Empty is told: he has none."""


class PersonRowIn(Input):
    row: RowNumber
    code: AStudentCode
    given_name: PersonText | None = None
    prefix: Prefix | None = None
    family_name: PersonText | None = None
    birth_date: CalendarDate | None = None
    email: Email | None = None
    street: PersonText | None = None
    house_number: ShortText | None = None
    postal_code: ShortText | None = None
    city: PersonText | None = None
    country: PersonText | None = None

    def person(self) -> PersonRow:
        told = self.model_dump(include=set(DETAIL_FIELDS), exclude_none=True)
        return PersonRow(self.row, UserCode(self.code), cast("PersonalDetails", told))


class PeopleIn(Input):
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
    dry_run: bool = False
    led: list[FieldGroup] = Field(default_factory=list, max_length=len(FieldGroup))
    skip_bad_rows: bool = False
    students: Annotated[list[PersonRowIn], Field(max_length=MOST_ROWS)]


class ProblemOut(BaseModel):
    row: int
    column: str
    code: str


class DifferenceOut(BaseModel):
    """`fields` by name only."""

    row: int
    student: UserCode
    field: FieldGroup
    fields: list[str]
    applied: bool


class StudentsOut(BaseModel):
    """`updated` had a difference that was taken over, `different` only ones that were not."""

    created: int
    updated: int
    different: int
    unchanged: int
    archived: list[UserCode]
    problems: list[ProblemOut]
    differences: list[DifferenceOut]


@router.post(PATH)
async def import_the_students(
    caller: Annotated[Caller, Allowed(Permission.IMPORT_PROJECTS)], uow: Work, body: PeopleIn
) -> StudentsOut:
    """Compare a list of students with the people here; a dry run answers the same and writes nothing.

    With a problem in any row nothing is done, unless bad rows are to be skipped.
    """
    if not caller.scope(Permission.IMPORT_PROJECTS).everything:
        raise NotAllowed
    imported = await import_students(
        uow,
        body.source,
        [row.person() for row in body.students],
        frozenset(body.led),
        by=caller.code,
        skip_bad_rows=body.skip_bad_rows or body.dry_run,
    )
    if body.dry_run:
        await uow.discard()
    return _show(imported)


def _show(imported: StudentsImported) -> StudentsOut:
    return StudentsOut.model_validate(imported, from_attributes=True)
