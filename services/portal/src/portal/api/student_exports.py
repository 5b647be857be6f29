"""The portal's part of an export of students: who is enrolled in a branch of a project, and as what."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from portal.api.depends import Work
from portal.api.enrolments_shown import Names
from shared.contracts.ids import BranchId, ProjectId, StudentCode
from shared.contracts.rights import Permission
from shared.errors import NotFound
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import QueryId

router = APIRouter(tags=["exports"])


class EnrolledStudent(BaseModel):
    """In codes, as a list of the student administration has them."""

    student: StudentCode
    department: str
    home_class: str | None
    profile: str | None
    choice_package: list[str]


class EnrolledStudents(BaseModel):
    """All of them: a list that breaks off would propose the others to leave."""

    items: list[EnrolledStudent]


@router.get("/exports/students")
async def export_students(
    caller: Annotated[Caller, Allowed(Permission.READ_STUDENTS)], uow: Work, project: QueryId, branch: QueryId
) -> EnrolledStudents:
    """By code, each once; of who has two enrolments here the first."""
    scope = caller.scope(Permission.READ_STUDENTS)
    if not await uow.structure.takes_part(ProjectId(project), BranchId(branch), scope):
        raise NotFound
    enrolments = await uow.enrolments.at_branch(ProjectId(project), BranchId(branch))
    names = await Names.of(uow, enrolments)
    once = {one.student_code: one for one in reversed(enrolments)}
    return EnrolledStudents(
        items=[
            EnrolledStudent(
                student=code,
                department=names.departments[one.department_id].code,
                home_class=None if one.home_class_id is None else names.group(one.home_class_id).code,
                profile=one.profile,
                choice_package=sorted(names.subjects[subject].code for subject in one.subject_ids),
            )
            for code, one in sorted(once.items())
        ]
    )
