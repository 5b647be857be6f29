"""Enrolments by themselves: delete one, as the handbook has it."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from portal.api.depends import Work
from portal.features.enrolment_removal import delete_enrolment
from shared import clock
from shared.contracts.ids import EnrolmentId, StudentCode
from shared.contracts.rights import Permission
from shared.contracts.values import EnrolmentKind
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import PathId

router = APIRouter(prefix="/enrolments", tags=["enrolments"])


class LeftBehind(BaseModel):
    """What deleting an enrolment alone does not touch, as far as the portal knows."""

    account: bool
    prognoses: list[EnrolmentId]
    desktop_projects: list[int]


class EnrolmentDeleted(BaseModel):
    id: EnrolmentId
    student: StudentCode
    left_behind: LeftBehind


@router.delete("/{enrolment_id}")
async def delete(
    caller: Annotated[Caller, Allowed(Permission.CHANGE_ENROLMENTS)], uow: Work, enrolment_id: PathId
) -> EnrolmentDeleted:
    """Delete an enrolment or prognosis. This does not delete the student: his account stays active."""
    year = clock.school_year_of(clock.today())
    scope = caller.scope(Permission.CHANGE_ENROLMENTS)
    removed, left = await delete_enrolment(uow, EnrolmentId(enrolment_id), scope, year)
    return EnrolmentDeleted(
        id=removed.id,
        student=removed.student_code,
        left_behind=LeftBehind(
            account=await uow.people.has_account(removed.student_code),
            prognoses=[e.id for e in left if e.kind_in(year) is EnrolmentKind.PROGNOSIS],
            desktop_projects=sorted({removed.project_id, *(e.project_id for e in left)}),
        ),
    )
