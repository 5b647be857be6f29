"""The portal's part of an import of students: a school's own list, which the gateway has read."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from portal.api.depends import Work, settings_of
from portal.features.student_import import StudentsImported, import_students
from portal.features.student_rows import FieldGroup, StudentRow, StudentsGiven
from shared.contracts.ids import AStudentCode, BranchId, ProjectId, SchoolId, StudentCode
from shared.contracts.rights import Permission
from shared.errors import NotAllowed
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import Input, ShortText

PATH, MAX_BODY = "/imports/students", 64 * 1024 * 1024
MOST_ROWS = 50_000

router = APIRouter(tags=["imports"])

Code = Annotated[ShortText, Field(min_length=1, max_length=64)]
RowNumber = Annotated[int, Field(ge=1, le=10_000_000)]


class RowInput(Input):
    row: RowNumber
    code: AStudentCode
    department: Code
    home_class: Code | None = None
    profile: Code | None = None
    choices: Annotated[list[Code], Field(max_length=50)] | None = None


class StudentsInput(Input):
    school: Code
    branch: Code
    school_year: Annotated[int, Field(ge=1990, le=2200)]
    source: Annotated[ShortText, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
    dry_run: bool = False
    led: list[FieldGroup] = Field(default_factory=list, max_length=len(FieldGroup))
    seen: list[AStudentCode] = Field(default_factory=list, max_length=MOST_ROWS)
    complete: bool = True
    confirm_threshold: bool = False
    skip_bad_rows: bool = False
    students: Annotated[list[RowInput], Field(max_length=MOST_ROWS)]

    def given(self) -> StudentsGiven:
        return StudentsGiven(
            school=self.school,
            branch=self.branch,
            school_year=self.school_year,
            source=self.source,
            rows=[StudentRow(**row.model_dump()) for row in self.students],
            led=frozenset(self.led),
            seen=frozenset(self.seen),
            complete=self.complete,
            confirmed=self.confirm_threshold,
            skip_bad_rows=self.skip_bad_rows,
        )


class ProblemShown(BaseModel):
    row: int
    column: str
    code: str
    severity: str


class DifferenceShown(BaseModel):
    """`here` and `listed` are codes; `why` it was not taken over."""

    row: int
    student: StudentCode
    field: str
    here: Any
    listed: Any
    applied: bool
    why: str | None


class GoneShown(BaseModel):
    """`held`: why nobody is proposed to leave: `gone_over_threshold`, `list_incomplete`, `later_year`."""

    students: list[StudentCode]
    proposed: list[StudentCode]
    withdrawn: list[StudentCode]
    held: str | None


class StudentsShown(BaseModel):
    """`updated` had a difference that was taken over, `different` only ones that were not."""

    school: SchoolId
    branch: BranchId
    project: ProjectId
    created: int
    updated: int
    different: int
    unchanged: int
    departed: list[StudentCode]
    archived: list[StudentCode]
    problems: list[ProblemShown]
    differences: list[DifferenceShown]
    gone: GoneShown


@router.post(PATH)
async def post_students(
    caller: Annotated[Caller, Allowed(Permission.IMPORT_PROJECTS)],
    uow: Work,
    request: Request,
    body: StudentsInput,
) -> StudentsShown:
    """Compare a list of students with one branch of a project; `dry_run` says what would be done.

    With a problem in any row nothing is done, unless bad rows are to be skipped.
    """
    scope = caller.scope(Permission.IMPORT_PROJECTS)
    if not scope.everything:
        raise NotAllowed
    threshold = settings_of(request).departure_threshold
    imported = await import_students(uow, body.given(), scope, threshold=threshold, dry_run=body.dry_run)
    shown = _show(imported)
    if body.dry_run:
        await uow.discard()
    return shown


def _show(imported: StudentsImported) -> StudentsShown:
    structure = imported.structure
    return StudentsShown.model_validate(
        {
            "school": structure.school.id,
            "branch": structure.branch.id,
            "project": structure.project.id,
            "created": imported.created,
            "updated": imported.updated,
            "different": imported.different,
            "unchanged": imported.unchanged,
            "departed": imported.departed,
            "archived": imported.archived,
            "problems": imported.problems,
            "differences": [
                {
                    "row": one.row.row,
                    "student": one.row.code,
                    "field": one.field,
                    "here": one.here,
                    "listed": one.listed,
                    "applied": one.applied,
                    "why": one.why,
                }
                for one in imported.differences
            ],
            "gone": imported.gone,
        },
        from_attributes=True,
    )
