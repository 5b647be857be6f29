"""Subjects in the year: one more, another name, one less."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from portal.api.depends import Work
from portal.api.dissolution_shown import DissolutionShown, show_dissolution
from portal.api.structure_input import SubjectChange, SubjectInput
from portal.api.structure_shown import SubjectShown, show_subject
from portal.features.dissolution import dissolution_of_subject, dissolve
from portal.features.structure_change import add_subject, change_subject
from shared.contracts.ids import DepartmentId, SubjectId
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import PathId
from shared.runtime.paging import DEFAULT, Cursor, Limit
from shared.runtime.versions import IfMatch

router = APIRouter(prefix="/subjects", tags=["structure"])

Changer = Annotated[Caller, Allowed(Permission.CHANGE_STRUCTURE)]


@router.post("", status_code=201, response_model=SubjectShown)
async def add(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Changer,
    uow: Work,
    request: Request,
    response: Response,
    body: SubjectInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Let a department offer a subject (vak)."""

    async def act() -> dict[str, Any]:
        scope = caller.scope(Permission.CHANGE_STRUCTURE)
        made = await add_subject(uow, DepartmentId(body.department), scope, body.given())
        return show_subject(made, 0).model_dump(mode="json")

    reply = await answer_once(request, uow, key, act)
    response.headers["Location"] = f"/subjects/{reply['id']}"
    response.headers["ETag"] = f'"{reply["version"]}"'
    return reply


@router.patch("/{subject_id}")
async def change(  # noqa: PLR0913, PLR0917 - a change of a version
    caller: Changer, uow: Work, response: Response, subject_id: PathId, seen: IfMatch, body: SubjectChange
) -> SubjectShown:
    """Change its code, its name, or whether it can be chosen."""
    scope = caller.scope(Permission.CHANGE_STRUCTURE)
    changed = await change_subject(uow, SubjectId(subject_id), body.wanted(), seen, scope)
    response.headers["ETag"] = f'"{changed.version}"'
    row = await uow.structure.subject(changed.id, scope)
    return show_subject(changed, row[1])


@router.get("/{subject_id}/dissolution")
async def look(
    caller: Changer, uow: Work, subject_id: PathId, limit: Limit = DEFAULT, cursor: Cursor = None
) -> DissolutionShown:
    """Who loses his choice of it, or his cluster group."""
    scope = caller.scope(Permission.CHANGE_STRUCTURE)
    what = await dissolution_of_subject(uow, SubjectId(subject_id), scope)
    return await show_dissolution(uow, what, limit, cursor)


@router.delete("/{subject_id}", status_code=204)
async def remove(caller: Changer, uow: Work, subject_id: PathId, *, confirm: bool = False) -> None:
    """Let it go with its cluster groups; who chose it stays enrolled, without it."""
    scope = caller.scope(Permission.CHANGE_STRUCTURE)
    what = await dissolution_of_subject(uow, SubjectId(subject_id), scope)
    await dissolve(uow, what, confirmed=confirm)
