"""`POST /footprints`: what is left of many students at once, for the preview of their departure."""

from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.contracts.commands import MOST_STUDENTS
from shared.contracts.ids import AStudentCode, StudentCode, UserCode
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import Input
from users.api.parts import Work
from users.api.shown import Relative
from users.features.footprint import Footprint, footprints_of, left_by

PATH = "/footprints"
MAX_BODY = 128 * 1024
"""Two lists of codes."""

router = APIRouter(tags=["footprint"])


class Account(BaseModel):
    active: bool


class FootprintShown(BaseModel):
    """What is left of an account: numbers count what still works."""

    account: Account
    sessions: int
    refresh_tokens: int
    api_tokens: int

    @classmethod
    def of(cls, footprint: Footprint) -> Self:
        return cls(account=Account(active=footprint.active), **footprint.alive._asdict())


class FootprintOfOne(FootprintShown):
    """`guardians`: those who have no active child but the students who are leaving."""

    student: StudentCode
    guardians: list[Relative]


class FootprintsShown(BaseModel):
    items: list[FootprintOfOne]


class Students(Input):
    """Of `leaving` the guardians are told whom they would leave without an active child."""

    students: Annotated[list[AStudentCode], Field(min_length=1, max_length=MOST_STUDENTS)]
    leaving: Annotated[list[AStudentCode], Field(default_factory=list, max_length=MOST_STUDENTS)]


@router.post(PATH)
async def footprints(
    caller: Annotated[Caller, Allowed(Permission.READ_STUDENTS)], uow: Work, body: Students
) -> FootprintsShown:
    """Those who are known and in the caller's branches; the others are left out."""
    found = await footprints_of(uow, [*map(UserCode, body.students)], caller.scope(Permission.READ_STUDENTS))
    leaving = [code for code in map(UserCode, body.leaving) if code in found]
    guardians = await left_by(uow, leaving, caller.scope(Permission.READ_PEOPLE)) if leaving else {}
    return FootprintsShown(
        items=[
            FootprintOfOne(
                student=StudentCode(code),
                guardians=[Relative.of(guardian) for guardian in guardians.get(code, ())],
                **dict(FootprintShown.of(footprint)),
            )
            for code, footprint in found.items()
        ]
    )
