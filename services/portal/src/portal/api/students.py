"""Students: the list, one student with his enrolments, and his footprint."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from portal.api.depends import Work
from portal.api.enrolments_shown import (
    EndedEnrolmentShown,
    EnrolmentShown,
    Names,
    show_enrolments,
    show_history,
)
from portal.models.student import Person, Student
from portal.repositories.students import SORT_KEY
from shared import clock
from shared.contracts.ids import BranchId, DepartmentId, ProjectId, SchoolId, StudentCode
from shared.contracts.rights import Permission
from shared.contracts.values import EnrolmentKind
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import CleanText, PathStudent, QueryId
from shared.runtime.paging import DEFAULT, Cursor, Limit, Page, PersonKeyset

router = APIRouter(prefix="/students", tags=["students"])

Reader = Annotated[Caller, Allowed(Permission.READ_STUDENTS)]


class NameShown(BaseModel):
    given_name: str
    prefix: str
    family_name: str


class StudentRow(BaseModel):
    student: StudentCode
    name: NameShown | None
    school: SchoolId
    branch: BranchId
    version: int


class StudentShown(StudentRow):
    enrolments: list[EnrolmentShown]
    history: list[EndedEnrolmentShown]


class PortalFootprint(BaseModel):
    """What the portal still holds, of this school year and later."""

    enrolments: list[EnrolmentShown]
    prognoses: list[EnrolmentShown]


@router.get("")
async def list_students(  # noqa: PLR0913, PLR0917 - the filters of the list
    caller: Reader,
    uow: Work,
    project: QueryId | None = None,
    branch: QueryId | None = None,
    department: QueryId | None = None,
    q: Annotated[CleanText, Query(max_length=100)] = "",
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[StudentRow]:
    """Students by name; `q` finds parts of names and codes."""
    keyset = PersonKeyset(limit, cursor, SORT_KEY, Student.code)
    rows = await uow.students.search(
        caller.scope(Permission.READ_STUDENTS),
        keyset,
        project=ProjectId(project) if project else None,
        branch=BranchId(branch) if branch else None,
        department=DepartmentId(department) if department else None,
        words=q,
    )
    return keyset.page(rows, _row, lambda row: (row.code,))


@router.get("/{code}")
async def get_student(
    caller: Annotated[Caller, Allowed(Permission.READ_OWN)], uow: Work, response: Response, code: PathStudent
) -> StudentShown:
    """One student with all his enrolments and prognoses, and those that ended; a student may see himself."""
    # Who may not read students by his role sees himself alone: a mentor, that is, nobody.
    scope = replace(caller.scope(Permission.READ_STUDENTS), own=StudentCode(caller.code))
    student = await uow.students.get(StudentCode(code), scope)
    enrolments = (await uow.enrolments.of([student.code], since=0, scope=scope))[student.code]
    ended = await uow.ended_enrolments.of(student.code, scope)
    person = (await uow.people.named([student.code])).get(student.code)
    response.headers["ETag"] = f'"{student.version}"'
    return StudentShown(
        student=student.code,
        name=name_of(person),
        school=student.school_id,
        branch=student.branch_id,
        version=student.version,
        enrolments=show_enrolments(enrolments, await Names.of(uow, enrolments)),
        history=show_history(ended, await Names.of_ended(uow, ended)),
    )


@router.get("/{code}/footprint")
async def get_footprint(caller: Reader, uow: Work, code: PathStudent) -> PortalFootprint:
    """What still exists of the student in the portal; the gateway merges it with the other services'.

    Whole or not at all: who may see the student sees all of it. What a departure kept on purpose is not told.
    """
    student = await uow.students.get(StudentCode(code), caller.scope(Permission.READ_STUDENTS))
    year = clock.school_year_of(clock.today())
    live = (await uow.enrolments.of([student.code], since=year))[student.code]
    departures = (await uow.departures.of_students([student.code]))[student.code]
    told = [e for e in live if not any(departure.keeps(e) for departure in departures)]
    shown = show_enrolments(told, await Names.of(uow, told))
    return PortalFootprint(
        enrolments=[e for e in shown if e.kind is EnrolmentKind.ENROLMENT],
        prognoses=[e for e in shown if e.kind is EnrolmentKind.PROGNOSIS],
    )


def _row(row: Any) -> StudentRow:
    return StudentRow(
        student=row.code,
        name=name_of(row.Person),
        school=row.school_id,
        branch=row.branch_id,
        version=row.version,
    )


def name_of(person: Person | None) -> NameShown | None:
    """None until users has told it."""
    return NameShown.model_validate(person, from_attributes=True) if person else None
