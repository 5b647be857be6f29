"""Choice packages with their profile: what a student chose of what his department offers."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from portal.api.depends import Work
from portal.api.enrolments_shown import GroupRef
from portal.features.choice_package import PackageRound, PackageWish, choose_package
from portal.features.placement_sight import PlacementSight
from portal.models.student import Enrolment
from shared.contracts.ids import EnrolmentId, StudentCode
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import WORDED, CleanText, Input, PathId
from shared.runtime.versions import IfMatchGiven

router = APIRouter(prefix="/enrolments/{enrolment_id}/choice-package", tags=["choice packages"])

Code = Annotated[CleanText, Field(min_length=1, max_length=64), WORDED]


class PackageInput(Input):
    """Subjects by code."""

    subjects: Annotated[list[Code], Field(max_length=50)]
    profile: Code | None = None


class SubjectShown(BaseModel):
    code: str
    name: str


class PackageShown(BaseModel):
    """`offered`: what the department lets choose. `groups_to_leave`: the desktop's upload moves him."""

    enrolment: EnrolmentId
    student: StudentCode
    version: int
    subjects: list[str]
    profile: str | None
    offered: list[SubjectShown]
    groups_to_leave: list[GroupRef]


@router.get("")
async def get_package(
    caller: Annotated[Caller, Allowed(Permission.READ_PACKAGES)],
    uow: Work,
    response: Response,
    enrolment_id: PathId,
) -> PackageShown:
    """The package of an enrolment or prognosis, and what it could be."""
    sight = await PlacementSight.of_enrolments(uow, [EnrolmentId(enrolment_id)], lock=False)
    enrolment = sight.enrolment(EnrolmentId(enrolment_id), caller.scope(Permission.READ_PACKAGES))
    shown = await PackageRound.of(uow, sight)
    return _show(shown, enrolment, shown.codes(enrolment), response)


@router.put("")
async def put_package(  # noqa: PLR0913, PLR0917 - a PUT that may name what it saw
    caller: Annotated[Caller, Allowed(Permission.CHANGE_PACKAGES)],
    uow: Work,
    response: Response,
    enrolment_id: PathId,
    body: PackageInput,
    seen: IfMatchGiven,
) -> PackageShown:
    """Let exactly these be the subjects and the profile; memberships stay until the desktop moves him."""
    wish = PackageWish(EnrolmentId(enrolment_id), body.subjects, body.profile)
    done = await choose_package(uow, wish, caller.scope(Permission.CHANGE_PACKAGES), seen)
    return _show(done, done.chosen[0].enrolment, sorted(body.subjects), response)


def _show(shown: PackageRound, enrolment: Enrolment, subjects: list[str], response: Response) -> PackageShown:
    version = shown.sight.students[enrolment.student_code].version
    response.headers["ETag"] = f'"{version}"'
    return PackageShown(
        enrolment=enrolment.id,
        student=enrolment.student_code,
        version=version,
        subjects=subjects,
        profile=enrolment.profile,
        offered=[SubjectShown(code=one.code, name=one.name) for one in shown.offered(enrolment)],
        groups_to_leave=[
            GroupRef(id=group.id, code=group.code) for group in shown.groups_to_leave(enrolment, subjects)
        ],
    )
