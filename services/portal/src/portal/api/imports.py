"""The portal's part of an import: the gateway reads the project file and asks each service in turn."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from portal.api.depends import Work
from portal.api.structure_input import Code, Name, Size
from portal.features.project_given import ProjectGiven, StudentGiven
from portal.features.project_import import ProjectImported, import_project
from portal.features.structure_import import DepartmentGiven, GroupGiven, PlaceGiven, SubjectGiven
from shared.contracts.ids import (
    AStudentCode,
    BranchId,
    DepartmentId,
    EnrolmentId,
    GroupId,
    ProjectId,
    SchoolId,
    StudentCode,
)
from shared.contracts.rights import Permission
from shared.contracts.values import Authority
from shared.errors import NotAllowed
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import Input

PATH, MAX_BODY = "/imports/project", 20 * 1024 * 1024

router = APIRouter(tags=["imports"])


class PlaceInput(Input):
    school: Code
    school_name: Name
    branch: Code
    branch_name: Name
    school_year: Annotated[int, Field(ge=1990, le=2200)]


class DepartmentInput(Input):
    code: Code
    name: Name
    home_class_authority: Authority


class SubjectInput(Input):
    department: Code
    code: Code
    name: Name
    is_choosable: bool


class GroupInput(Input):
    department: Code
    code: Code
    name: Name
    is_home_class: bool
    subject: Code | None = None
    soft_max: Size | None = None
    hard_max: Size | None = None
    mentors: Annotated[list[Code], Field(max_length=50)] | None = None
    teachers: Annotated[list[Code], Field(max_length=50)] | None = None


class StudentInput(Input):
    code: AStudentCode
    department: Code
    home_class: Code | None = None
    groups: list[Code] = Field(default_factory=list)
    choices: list[Code] = Field(default_factory=list)
    profile: Code | None = None


class ProjectInput(Input):
    place: PlaceInput
    dry_run: bool = False
    departments: list[DepartmentInput]
    subjects: list[SubjectInput]
    groups: list[GroupInput]
    students: list[StudentInput]

    def given(self) -> ProjectGiven:
        return ProjectGiven(
            PlaceGiven(**self.place.model_dump()),
            [DepartmentGiven(**department.model_dump()) for department in self.departments],
            [SubjectGiven(**subject.model_dump()) for subject in self.subjects],
            [GroupGiven(**group.model_dump()) for group in self.groups],
            [StudentGiven(**student.model_dump()) for student in self.students],
        )


class PartShown(BaseModel):
    department: str
    code: str
    id: GroupId


class ImportShown(BaseModel):
    """Ids of what the file named by code; `taken_at` is the time of the desktop's copy."""

    school: SchoolId
    branch: BranchId
    project: ProjectId
    project_name: str
    taken_at: datetime
    departments: dict[str, DepartmentId]
    groups: list[PartShown]
    enrolments: dict[StudentCode, EnrolmentId]
    created: int
    updated: int
    unchanged: int
    departed: list[StudentCode]


@router.post(PATH)
async def post_project(
    caller: Annotated[Caller, Allowed(Permission.IMPORT_PROJECTS)], uow: Work, body: ProjectInput
) -> ImportShown:
    """Bring one branch of a project to what the file says: all or nothing; `dry_run` takes it all back."""
    if not caller.scope(Permission.IMPORT_PROJECTS).everything:
        raise NotAllowed
    shown = _show(await import_project(uow, body.given()))
    if body.dry_run:
        await uow.discard()
    return shown


def _show(imported: ProjectImported) -> ImportShown:
    structure = imported.structure
    return ImportShown(
        school=structure.school.id,
        branch=structure.branch.id,
        project=structure.project.id,
        project_name=structure.project.name,
        taken_at=imported.taken_at,
        departments={code: department.id for code, department in structure.departments.items()},
        groups=[
            PartShown(department=department, code=code, id=group.id)
            for (department, code), group in structure.groups.items()
        ],
        enrolments=imported.enrolments,
        created=imported.created,
        updated=imported.updated,
        unchanged=imported.unchanged,
        departed=imported.departed,
    )
