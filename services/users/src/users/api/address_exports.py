"""`POST /exports/students`: names and addresses of many students at once, for who may read them."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.contracts.ids import AStudentCode, StudentCode, UserCode
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import Input
from users.api.parts import Work
from users.api.shown import Address
from users.features.address_export import export_addresses

PATH, MAX_BODY = "/exports/students", 2 * 1024 * 1024

router = APIRouter(tags=["exports"])


class Wanted(Input):
    students: Annotated[list[AStudentCode], Field(max_length=50_000)]


class ExportedStudent(Address):
    student: StudentCode
    given_name: str
    prefix: str
    family_name: str


class ExportedStudents(BaseModel):
    items: list[ExportedStudent]


@router.post(PATH)
async def export_students(
    caller: Annotated[Caller, Allowed(Permission.READ_ADDRESSES)], uow: Work, body: Wanted
) -> ExportedStudents:
    """Those who are known and in the caller's branches; that they were read is kept of each."""
    scope = caller.scope(Permission.READ_ADDRESSES)
    users = await export_addresses(uow, [*map(UserCode, body.students)], scope)
    return ExportedStudents(
        items=[
            ExportedStudent(
                student=StudentCode(user.code),
                given_name=user.given_name,
                prefix=user.prefix,
                family_name=user.family_name,
                **dict(Address.of(user)),
            )
            for user in users
        ]
    )
