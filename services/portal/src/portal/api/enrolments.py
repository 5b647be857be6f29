"""Enrolments by themselves: add one, delete one, as the handbook has it."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from portal.api.depends import Work
from portal.api.enrolments_shown import EnrolmentShown, Names, show_enrolments
from portal.features.enrolling import EnrolWish, enrol_student
from portal.features.enrolment_deletion import delete_enrolment
from shared import clock
from shared.contracts.ids import AStudentCode, DepartmentId, EnrolmentId, StudentCode
from shared.contracts.rights import Permission
from shared.contracts.values import EnrolmentKind
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import Id, Input, PathId

router = APIRouter(prefix="/enrolments", tags=["enrolments"])


class LeftBehind(BaseModel):
    """What deleting an enrolment alone does not touch, as far as the portal knows."""

    account: bool
    prognoses: list[EnrolmentId]
    desktop_projects: list[int]


class EnrolmentInput(Input):
    """`second`: on purpose beside another enrolment in the same project."""

    student: AStudentCode
    department: Id
    second: bool = False


class EnrolmentMade(BaseModel):
    """`account`: whether he can log in, as far as users has told; `account_reopening`: he will be able to.

    Who may not restore accounts leaves it archived: that is an act by itself.
    """

    student: StudentCode
    enrolment: EnrolmentShown
    account: bool
    account_reopening: bool


class EnrolmentDeleted(BaseModel):
    id: EnrolmentId
    student: StudentCode
    left_behind: LeftBehind


Enroller = Annotated[Caller, Allowed(Permission.CHANGE_ENROLMENTS)]


@router.post("", status_code=201, response_model=EnrolmentMade)
async def enrol(
    caller: Enroller, uow: Work, request: Request, body: EnrolmentInput, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Enrol a student in a department of this school year or a later one; also one who left before."""

    async def act() -> dict[str, Any]:
        wish = EnrolWish(body.student, DepartmentId(body.department), body.second, caller)
        enrolment, reopening = await enrol_student(uow, wish)
        [shown] = show_enrolments([enrolment], await Names.of(uow, [enrolment]))
        account = await uow.people.has_account(body.student)
        made = EnrolmentMade(
            student=body.student, enrolment=shown, account=account, account_reopening=reopening
        )
        return made.model_dump(mode="json")

    return await answer_once(request, uow, key, act)


@router.delete("/{enrolment_id}")
async def delete(caller: Enroller, uow: Work, enrolment_id: PathId) -> EnrolmentDeleted:
    """Delete an enrolment or prognosis. This does not delete the student: his account stays active."""
    year = clock.school_year_of(clock.today())
    scope = caller.scope(Permission.CHANGE_ENROLMENTS)
    removed, left = await delete_enrolment(uow, EnrolmentId(enrolment_id), scope)
    return EnrolmentDeleted(
        id=removed.id,
        student=removed.student_code,
        left_behind=LeftBehind(
            account=await uow.people.has_account(removed.student_code),
            prognoses=[e.id for e in left if e.kind_in(year) is EnrolmentKind.PROGNOSIS],
            desktop_projects=sorted({removed.project_id, *(e.project_id for e in left)}),
        ),
    )
