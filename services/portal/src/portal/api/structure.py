"""Projects, branches, departments, groups and subjects."""

from typing import Annotated

from fastapi import APIRouter, Response

from portal.api.depends import Work
from portal.api.structure_shown import (
    BranchShown,
    DepartmentShown,
    GroupShown,
    ProjectShown,
    SchoolShown,
    SubjectShown,
    show_department,
    show_group,
    show_subject,
)
from portal.models.structure import Branch, Department, Group, Project, Subject
from shared.clock import SchoolYear, school_year_name
from shared.contracts.ids import DepartmentId, GroupId, ProjectId, SubjectId
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import PathId, QueryId
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page

router = APIRouter(tags=["structure"])

Reader = Annotated[Caller, Allowed(Permission.READ_STRUCTURE)]


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
    return keyset.page(
        rows, lambda row: show_department(row.Department, row.enrolled), lambda row: (row[0].id,)
    )


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
    return keyset.page(rows, lambda row: show_group(row.Group, row.size), lambda row: (row.Group.id,))


@router.get("/subjects")
async def list_subjects(
    caller: Reader,
    uow: Work,
    department: QueryId | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[SubjectShown]:
    """What departments offer, and how often it was chosen."""
    keyset = Keyset(limit, cursor, Subject.id)
    wanted = DepartmentId(department) if department else None
    rows = await uow.structure.subjects(caller.scope(Permission.READ_STRUCTURE), keyset, wanted)
    return keyset.page(rows, lambda row: show_subject(row.Subject, row.chosen), lambda row: (row.Subject.id,))


@router.get("/departments/{department_id}")
async def get_department(
    caller: Reader, uow: Work, response: Response, department_id: PathId
) -> DepartmentShown:
    """One department; its ETag is what a change must have seen."""
    row = await uow.structure.department(DepartmentId(department_id), caller.scope(Permission.READ_STRUCTURE))
    response.headers["ETag"] = f'"{row.Department.version}"'
    return show_department(row.Department, row.enrolled)


@router.get("/groups/{group_id}")
async def get_group(caller: Reader, uow: Work, response: Response, group_id: PathId) -> GroupShown:
    """One home class or cluster group; its ETag is what a change must have seen."""
    row = await uow.structure.group(GroupId(group_id), caller.scope(Permission.READ_STRUCTURE))
    response.headers["ETag"] = f'"{row.Group.version}"'
    return show_group(row.Group, row.size)


@router.get("/subjects/{subject_id}")
async def get_subject(caller: Reader, uow: Work, response: Response, subject_id: PathId) -> SubjectShown:
    """One subject; its ETag is what a change must have seen."""
    row = await uow.structure.subject(SubjectId(subject_id), caller.scope(Permission.READ_STRUCTURE))
    response.headers["ETag"] = f'"{row.Subject.version}"'
    return show_subject(row.Subject, row.chosen)
