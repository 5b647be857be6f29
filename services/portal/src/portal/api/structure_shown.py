"""How the structure is shown: projects, branches, departments, groups and subjects."""

from pydantic import BaseModel

from portal.models.structure import Department, Group, Subject
from shared.contracts.ids import BranchId, DepartmentId, GroupId, ProjectId, SchoolId, SubjectId
from shared.contracts.values import Authority


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
    version: int


class SubjectShown(BaseModel):
    """`chosen`: in how many choice packages it stands."""

    id: SubjectId
    department: DepartmentId
    code: str
    name: str
    is_choosable: bool
    chosen: int
    version: int


def show_department(department: Department, enrolled: int) -> DepartmentShown:
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


def show_group(group: Group, size: int) -> GroupShown:
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
        version=group.version,
    )


def show_subject(subject: Subject, chosen: int) -> SubjectShown:
    return SubjectShown(
        id=subject.id,
        department=subject.department_id,
        code=subject.code,
        name=subject.name,
        is_choosable=subject.is_choosable,
        chosen=chosen,
        version=subject.version,
    )
