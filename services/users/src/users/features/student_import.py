"""A school's own list of students is compared with the people here: new accounts, and who differs in what.

Who is new comes with all that the list tells. Of the others a difference is taken over where the source of
the list leads that group of fields, and else listed, by the names of the fields. Who is archived is listed
and left alone. The portal does the same for enrolments (its feature of this name).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, cast

from shared.clock import now
from shared.contracts.ids import UserCode
from shared.contracts.values import UserKind
from users.errors import StudentsRefused
from users.features.import_writing import ImportWriting
from users.features.people_file import PeopleFile, PersonInFile
from users.models import User
from users.models.details_cleaning import tidy
from users.models.personal_details import NAME_FIELDS, PersonalDetails
from users.models.user import as_username
from users.unit_of_work import UsersUnitOfWork


class FieldGroup(StrEnum):
    """What of a person is led by users, or by the source of the list."""

    NAME = "name"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    EMAIL = "email"


FIELDS: Final[Mapping[FieldGroup, Sequence[str]]] = {
    FieldGroup.NAME: NAME_FIELDS,
    FieldGroup.ADDRESS: ("street", "house_number", "postal_code", "city", "country"),
    FieldGroup.BIRTH_DATE: ("birth_date",),
    FieldGroup.EMAIL: ("email",),
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`row` as in the file; a field that `details` leaves out the list does not tell."""

    row: int
    code: UserCode
    details: PersonalDetails


@dataclass(frozen=True, slots=True)
class RowProblem:
    row: int
    column: str
    code: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The names of the fields, never what stands in them."""

    row: int
    student: UserCode
    field: FieldGroup
    fields: Sequence[str]
    applied: bool


@dataclass(slots=True)
class StudentsImported:
    """`updated` had a difference that was taken over, `different` only ones that were not."""

    problems: Sequence[RowProblem]
    created: int = 0
    updated: int = 0
    different: int = 0
    unchanged: int = 0
    archived: list[UserCode] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


async def import_students(  # noqa: PLR0913 - a list, who leads, and what becomes of bad rows
    uow: UsersUnitOfWork,
    source: str,
    rows: Sequence[PersonRow],
    led: Collection[FieldGroup],
    *,
    by: UserCode,
    skip_bad_rows: bool = False,
) -> StudentsImported:
    """Make who is new, and take over what the source leads. Raises StudentsRefused with every problem."""
    await uow.imported_people.wait_turn()
    known = await uow.users.lock(row.code for row in rows)
    owners = await uow.users.owners_of({as_username(row.code) for row in rows})
    problems = list(_problems(rows, known, owners))
    if problems and not skip_bad_rows:
        told = [{"row": one.row, "column": one.column, "code": one.code} for one in problems]
        raise StudentsRefused("See params.problems", problems=told)
    bad = {problem.row for problem in problems}
    imported = StudentsImported(problems)
    writing = await _writing(uow, source, [row.code for row in rows if row.code not in known], by)
    for row in rows:
        if row.row in bad:
            continue
        user = known.get(row.code)
        if user is None:
            writing.create(row.code, _person(row, row.details), None)
            imported.created += 1
        elif user.is_archived:
            imported.archived.append(row.code)
        else:
            _compare(row, user, led, imported, writing)
    await writing.write(uow)
    return imported


def _compare(
    row: PersonRow,
    user: User,
    led: Collection[FieldGroup],
    imported: StudentsImported,
    writing: ImportWriting,
) -> None:
    details = tidy(row.details)
    found = list(_differences(row, user, details, led))
    applied = {name for one in found if one.applied for name in one.fields}
    if applied:
        taken = cast("PersonalDetails", {name: value for name, value in details.items() if name in applied})
        writing.update(user, _person(row, taken), None)
        imported.updated += 1
    imported.different += bool(found) and not applied
    imported.unchanged += not found
    imported.differences += found


def _differences(
    row: PersonRow, user: User, details: PersonalDetails, led: Collection[FieldGroup]
) -> Iterator[Difference]:
    differing = [name for name, value in details.items() if getattr(user, name) != value]
    for group, fields in FIELDS.items():
        if theirs := [name for name in fields if name in differing]:
            yield Difference(row.row, row.code, group, theirs, group in led)


def _problems(
    rows: Sequence[PersonRow], known: Mapping[UserCode, User], owners: Mapping[str, UserCode]
) -> Iterator[RowProblem]:
    listed: set[UserCode] = set()
    for row in rows:
        user = known.get(row.code)
        if row.code in listed:
            yield RowProblem(row.row, "code", "duplicate_code")
        elif user is not None and not user.is_student:
            yield RowProblem(row.row, "code", "code_in_use")
        elif user is None and as_username(row.code) in owners:
            yield RowProblem(row.row, "code", "username_in_use")
        listed.add(row.code)


async def _writing(uow: UsersUnitOfWork, source: str, new: Sequence[UserCode], by: UserCode) -> ImportWriting:
    """No passwords, no roles, no families: a list of students tells none."""
    return ImportWriting(
        at=now(),
        file=PeopleFile(source, ()),
        codes={},
        students=(),
        copies=await uow.placement_copies.of(new),
        roles_held={},
        children_held={},
        gone=(),
        by=by,
    )


def _person(row: PersonRow, details: PersonalDetails) -> PersonInFile:
    return PersonInFile(row.code, UserKind.STUDENT, code=row.code, details=details)
