"""Departments in the year: who leads their home classes, one more, or one less."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from portal.api.depends import Work
from portal.api.dissolution_shown import DissolutionShown, show_dissolution
from portal.api.structure_input import DepartmentChange, DepartmentInput
from portal.api.structure_shown import DepartmentShown, show_department
from portal.features.authority import change_department
from portal.features.dissolution import dissolution_of_department, dissolve
from portal.features.structure_change import add_department
from portal.models.desktop_presence import Unsynchronised
from shared.contracts.ids import BranchId, DepartmentId, ProjectId, StudentCode
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import PathId
from shared.runtime.paging import DEFAULT, Cursor, Limit
from shared.runtime.versions import IfMatch

router = APIRouter(prefix="/departments", tags=["structure"])

Changer = Annotated[Caller, Allowed(Permission.CHANGE_STRUCTURE)]


class UnsynchronisedRowShown(BaseModel):
    """Codes of his home class on both sides."""

    student: StudentCode
    portal: str | None
    desktop: str | None


class UnsynchronisedShown(BaseModel):
    count: int
    rows: list[UnsynchronisedRowShown]


class DepartmentChanged(DepartmentShown):
    """`unsynchronised`: whose class differed when another side took the lead, just now."""

    unsynchronised: UnsynchronisedShown


@router.post("", status_code=201, response_model=DepartmentShown)
async def add(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Changer,
    uow: Work,
    request: Request,
    response: Response,
    body: DepartmentInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Add a department to a project in which the branch takes part."""

    async def act() -> dict[str, Any]:
        made = await add_department(
            uow,
            ProjectId(body.project),
            BranchId(body.branch),
            caller.scope(Permission.CHANGE_STRUCTURE),
            code=body.code,
            name=body.name,
            home_class_authority=body.home_class_authority,
        )
        return show_department(made, 0).model_dump(mode="json")

    reply = await answer_once(request, uow, key, act)
    response.headers["Location"] = f"/departments/{reply['id']}"
    response.headers["ETag"] = f'"{reply["version"]}"'
    return reply


@router.patch("/{department_id}")
async def change(  # noqa: PLR0913, PLR0917 - a change of a version
    caller: Changer,
    uow: Work,
    response: Response,
    department_id: PathId,
    seen: IfMatch,
    body: DepartmentChange,
) -> DepartmentChanged:
    """Change its name, or which side leads its home classes (Stamklasindeling)."""
    scope = caller.scope(Permission.CHANGE_STRUCTURE)
    department, differing = await change_department(
        uow,
        DepartmentId(department_id),
        body.wanted(),
        seen,
        scope,
        confirmed=body.confirm_unsynchronised,
    )
    response.headers["ETag"] = f'"{department.version}"'
    row = await uow.structure.department(department.id, scope)
    return DepartmentChanged(
        **show_department(department, row.enrolled).model_dump(), unsynchronised=_shown(differing)
    )


@router.get("/{department_id}/dissolution")
async def look(
    caller: Changer, uow: Work, department_id: PathId, limit: Limit = DEFAULT, cursor: Cursor = None
) -> DissolutionShown:
    """Who stands in the way of its going: nobody loses his enrolment so."""
    scope = caller.scope(Permission.CHANGE_STRUCTURE)
    what = await dissolution_of_department(uow, DepartmentId(department_id), scope)
    return await show_dissolution(uow, what, limit, cursor)


@router.delete("/{department_id}", status_code=204)
async def remove(caller: Changer, uow: Work, department_id: PathId) -> None:
    """Let an empty department go, with its groups and subjects."""
    scope = caller.scope(Permission.CHANGE_STRUCTURE)
    what = await dissolution_of_department(uow, DepartmentId(department_id), scope)
    await dissolve(uow, what, confirmed=True)


def _shown(differing: Unsynchronised) -> UnsynchronisedShown:
    rows = [UnsynchronisedRowShown.model_validate(row, from_attributes=True) for row in differing.rows]
    return UnsynchronisedShown(count=differing.count, rows=rows)
