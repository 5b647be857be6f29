"""Projects, branches, departments and groups."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from portal.api.depends import Work
from portal.models.structure import Branch, Department, Group, Project
from shared.clock import SchoolYear, school_year_name
from shared.contracts.ids import BranchId, DepartmentId, GroupId, ProjectId, SchoolId
from shared.contracts.rights import Permission
from shared.contracts.values import Authority
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import QueryId
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page

router = APIRouter(tags=["structure"])

Reader = Annotated[Caller, Allowed(Permission.READ_STRUCTURE)]


class SchoolShown(BaseModel):
    id: SchoolId
    code: str
    name: str


class ProjectShown(BaseModel):
    id: ProjectId
    school: SchoolShown
    school_year: str
    name: str


class BranchShown(BaseModel):
    id: BranchId
    school: SchoolShown
    code: str
    name: str


class DepartmentShown(BaseModel):
    id: DepartmentId
    project: ProjectId
    branch: BranchId
    code: str
    name: str
    home_class_authority: Authority
    enrolled: int
    version: int


class GroupShown(BaseModel):
    id: GroupId
    department: DepartmentId
    code: str
    name: str
    is_home_class: bool
    subject: str | None
    soft_max: int | None
    hard_max: int | None
    size: int


@router.get("/projects")
async def list_projects(
    caller: Reader, uow: Work, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Page[ProjectShown]:
    """The projects of the caller's branches."""
    keyset = Keyset(limit, cursor, Project.id)
    rows = await uow.structure.projects(caller.scope(Permission.READ_STRUCTURE), keyset)
    return keyset.page(
        rows,
        lambda row: ProjectShown(
            id=row.Project.id,
            school=SchoolShown.model_validate(row.School, from_attributes=True),
            school_year=school_year_name(SchoolYear(row.Project.school_year)),
            name=row.Project.name,
        ),
        lambda row: (row.Project.id,),
    )


@router.get("/branches")
async def list_branches(
    caller: Reader, uow: Work, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Page[BranchShown]:
    """The caller's branches."""
    keyset = Keyset(limit, cursor, Branch.id)
    rows = await uow.structure.branches(caller.scope(Permission.READ_STRUCTURE), keyset)
    return keyset.page(
        rows,
        lambda row: BranchShown(
            id=row.Branch.id,
            school=SchoolShown.model_validate(row.School, from_attributes=True),
            code=row.Branch.code,
            name=row.Branch.name,
        ),
        lambda row: (row.Branch.id,),
    )


@router.get("/departments")
async def list_departments(
    caller: Reader,
    uow: Work,
    project: QueryId | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[DepartmentShown]:
    """Departments, with who leads their home classes and how many are enrolled."""
    keyset = Keyset(limit, cursor, Department.id)
    wanted = ProjectId(project) if project else None
    rows = await uow.structure.departments(caller.scope(Permission.READ_STRUCTURE), keyset, wanted)
    return keyset.page(rows, lambda row: _department(row.Department, row.enrolled), lambda row: (row[0].id,))


@router.get("/groups")
async def list_groups(
    caller: Reader,
    uow: Work,
    department: QueryId | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[GroupShown]:
    """Home classes and cluster groups, with their size."""
    keyset = Keyset(limit, cursor, Group.id)
    wanted = DepartmentId(department) if department else None
    rows = await uow.structure.groups(caller.scope(Permission.READ_STRUCTURE), keyset, wanted)
    return keyset.page(rows, lambda row: _group(row.Group, row.size), lambda row: (row.Group.id,))


def _department(department: Department, enrolled: int) -> DepartmentShown:
    return DepartmentShown(
        id=department.id,
        project=department.project_id,
        branch=department.branch_id,
        code=department.code,
        name=department.name,
        home_class_authority=department.home_class_authority,
        enrolled=enrolled,
        version=department.version,
    )


def _group(group: Group, size: int) -> GroupShown:
    return GroupShown(
        id=group.id,
        department=group.department_id,
        code=group.code,
        name=group.name,
        is_home_class=group.is_home_class,
        subject=group.subject_code,
        soft_max=group.soft_max,
        hard_max=group.hard_max,
        size=size,
    )
