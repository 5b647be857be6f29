"""Home classes and cluster groups in the year: one more, another name or size, one less."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from portal.api.depends import Work
from portal.api.dissolution_shown import DissolutionShown, show_dissolution
from portal.api.structure_input import GroupChange, GroupInput
from portal.api.structure_shown import GroupShown, show_group
from portal.features.dissolution import dissolution_of_group, dissolve
from portal.features.structure_change import add_group, change_group
from shared.contracts.ids import DepartmentId, GroupId
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import PathId
from shared.runtime.paging import DEFAULT, Cursor, Limit
from shared.runtime.versions import IfMatch

router = APIRouter(prefix="/groups", tags=["structure"])

Changer = Annotated[Caller, Allowed(Permission.CHANGE_STRUCTURE)]


@router.post("", status_code=201, response_model=GroupShown)
async def add(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Changer,
    uow: Work,
    request: Request,
    response: Response,
    body: GroupInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Add a home class (stamklas) or a cluster group (clustergroep) to a department."""

    async def act() -> dict[str, Any]:
        scope = caller.scope(Permission.CHANGE_STRUCTURE)
        made = await add_group(uow, DepartmentId(body.department), scope, body.given())
        return show_group(made, 0).model_dump(mode="json")

    reply = await answer_once(request, uow, key, act)
    response.headers["Location"] = f"/groups/{reply['id']}"
    response.headers["ETag"] = f'"{reply["version"]}"'
    return reply


@router.patch("/{group_id}")
async def change(  # noqa: PLR0913, PLR0917 - a change of a version
    caller: Changer, uow: Work, response: Response, group_id: PathId, seen: IfMatch, body: GroupChange
) -> GroupShown:
    """Change its code, its name, or how many it holds."""
    scope = caller.scope(Permission.CHANGE_STRUCTURE)
    changed = await change_group(uow, GroupId(group_id), body.wanted(), seen, scope)
    response.headers["ETag"] = f'"{changed.version}"'
    row = await uow.structure.group(changed.id, scope)
    return show_group(changed, row[1])


@router.get("/{group_id}/dissolution")
async def look(
    caller: Changer, uow: Work, group_id: PathId, limit: Limit = DEFAULT, cursor: Cursor = None
) -> DissolutionShown:
    """What each of its students loses."""
    scope = caller.scope(Permission.CHANGE_STRUCTURE)
    what = await dissolution_of_group(uow, GroupId(group_id), scope)
    return await show_dissolution(uow, what, limit, cursor)


@router.delete("/{group_id}", status_code=204)
async def remove(caller: Changer, uow: Work, group_id: PathId, *, confirm: bool = False) -> None:
    """Dissolve it; who sits in it stays enrolled, without this seat."""
    scope = caller.scope(Permission.CHANGE_STRUCTURE)
    what = await dissolution_of_group(uow, GroupId(group_id), scope)
    await dissolve(uow, what, confirmed=confirm)
