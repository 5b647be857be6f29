"""`/users`: find, look, archive, restore, and what is left of somebody."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from shared.contracts.ids import ProjectId, StudentCode, UserCode
from shared.contracts.rights import Permission
from shared.contracts.values import UserKind
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import CleanText, Input, QueryId, ShortText
from shared.runtime.paging import DEFAULT, Cursor, Limit, Page, PersonKeyset
from users.api.footprints import FootprintShown
from users.api.parts import PathCode, Work
from users.api.shown import AccountState, Shown, ShownWithFamily, show, show_with_family
from users.features.archival import archive_account, restore_account
from users.features.footprint import footprint_of
from users.models import User
from users.unit_of_work import UsersUnitOfWork

router = APIRouter(prefix="/users", tags=["users"])


class ArchiveReason(Input):
    reason: ShortText | None = None


@router.get("")
async def list_users(  # noqa: PLR0913, PLR0917 - the filters of names.md
    caller: Annotated[Caller, Allowed(Permission.READ_PEOPLE)],
    uow: Work,
    q: Annotated[CleanText | None, Query(max_length=200)] = None,
    project: QueryId | None = None,
    archived: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    kind: UserKind | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[Shown]:
    """Who is in the caller's branches, by name; `archived=true` for those who were archived."""
    keyset = PersonKeyset(limit, cursor, User.sort_key, User.code)
    users = await uow.users.page(
        caller.scope(Permission.READ_PEOPLE),
        keyset,
        q=q,
        project=ProjectId(project) if project else None,
        archived=archived,
        kind=kind,
    )
    return keyset.page(users, lambda user: show(user, caller), lambda user: (user.code,))


@router.get("/{code}")
async def get_user(
    caller: Annotated[Caller, Allowed(Permission.READ_OWN)], uow: Work, code: PathCode, response: Response
) -> ShownWithFamily:
    """Oneself, or somebody in the caller's branches; with his guardians or his children."""
    scope = replace(caller.scope(Permission.READ_PEOPLE), own=StudentCode(caller.code))
    user = await uow.users.get(code, scope)
    response.headers["ETag"] = f'"{user.version}"'
    return show_with_family(user, await uow.users.relatives_of(code, scope), caller)


@router.post("/{code}/archive")
async def archive_user(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    request: Request,
    caller: Annotated[Caller, Allowed(Permission.ARCHIVE_PEOPLE)],
    uow: Work,
    code: PathCode,
    body: ArchiveReason | None = None,
    key: IdempotencyKey = None,
) -> Shown:
    """No login, no session, no token from this moment on."""

    async def act() -> dict[str, Any]:
        return _outcome(await archive_account(uow, caller, code, body.reason if body else None))

    return await _shown_now(uow, caller, code, await answer_once(request, uow, key, act))


@router.post("/{code}/restore")
async def restore_user(
    request: Request,
    caller: Annotated[Caller, Allowed(Permission.ARCHIVE_PEOPLE)],
    uow: Work,
    code: PathCode,
    key: IdempotencyKey = None,
) -> Shown:
    """He may log in again."""

    async def act() -> dict[str, Any]:
        return _outcome(await restore_account(uow, caller, code))

    return await _shown_now(uow, caller, code, await answer_once(request, uow, key, act))


@router.get("/{code}/footprint")
async def footprint(
    caller: Annotated[Caller, Allowed(Permission.READ_STUDENTS)], uow: Work, code: PathCode
) -> FootprintShown:
    """What is left of his account."""
    return FootprintShown.of(await footprint_of(uow, code, caller.scope(Permission.READ_STUDENTS)))


def _outcome(user: User) -> dict[str, Any]:
    """What is kept of the answer: it lies there for a day, so nothing personal."""
    return AccountState.of(user).model_dump(mode="json")


async def _shown_now(uow: UsersUnitOfWork, caller: Caller, code: UserCode, outcome: dict[str, Any]) -> Shown:
    """The account as the act left it, of the person as the caller may see him now. Raises NotFound."""
    user = await uow.users.get(code, caller.scope(Permission.ARCHIVE_PEOPLE))
    return show(user, caller).model_copy(update=dict(AccountState.model_validate(outcome)))
