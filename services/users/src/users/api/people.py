"""`PATCH /users/{code}` and `POST /users`: name and address, and people who come or come back."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from shared.contracts.ids import BranchId, UserCode
from shared.contracts.rights import Permission
from shared.contracts.values import UserKind
from shared.project_file.format import SAFE_TEXT, CalendarDate, Id
from shared.runtime import input as common
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import Input, ShortText
from shared.runtime.versions import IfMatch
from users.api.parts import PathCode, Work
from users.api.shown import Shown, show
from users.features.person_change import change_person
from users.features.registering import Newcomer, register_person
from users.models.personal_details import DETAIL_FIELDS

router = APIRouter(prefix="/users", tags=["users"])

Username = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=SAFE_TEXT)
]


class Details(Input):
    """Name and address; null clears. What may stand in them: `users.models.details_cleaning`."""

    given_name: ShortText | None = None
    prefix: ShortText | None = None
    family_name: ShortText | None = None
    birth_date: CalendarDate | None = None
    email: ShortText | None = None
    street: ShortText | None = None
    house_number: ShortText | None = None
    postal_code: ShortText | None = None
    city: ShortText | None = None
    country: ShortText | None = None

    def told(self) -> dict[str, Any]:
        """Those that stand in the body."""
        return self.model_dump(include={*DETAIL_FIELDS}, exclude_unset=True)


class Registration(Details):
    """`children` of a guardian are students; `username` is the code where it is not said."""

    code: Id
    kind: UserKind
    branch: common.Id
    username: Username | None = None
    children: Annotated[list[Id], Field(max_length=100, default_factory=list)]

    def newcomer(self) -> Newcomer:
        return Newcomer(
            code=UserCode(self.code),
            kind=self.kind,
            branch=BranchId(self.branch),
            told=self.told(),
            username=self.username,
            children=frozenset(map(UserCode, self.children)),
        )


class Registered(Shown):
    """`restored`: he was archived, and is the same person again."""

    restored: bool


@router.patch("/{code}")
async def change_details(  # noqa: PLR0913, PLR0917 - a change of what somebody saw
    caller: Annotated[Caller, Allowed(Permission.CHANGE_PEOPLE)],
    seen: IfMatch,
    uow: Work,
    code: PathCode,
    body: Details,
    response: Response,
) -> Shown:
    """His name and address; what is left out stays."""
    user = await change_person(uow, caller, code, seen, body.told())
    response.headers["ETag"] = f'"{user.version}"'
    return show(user, caller)


@router.post("", status_code=201)
async def register(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    request: Request,
    caller: Annotated[Caller, Allowed(Permission.CHANGE_PEOPLE)],
    uow: Work,
    body: Registration,
    response: Response,
    key: IdempotencyKey = None,
) -> Registered:
    """An account for a newcomer; who had one before gets that back (200)."""

    async def act() -> dict[str, Any]:
        registered = await register_person(uow, caller, body.newcomer())
        return {"restored": registered.restored, "version": registered.user.version}

    answer = await answer_once(request, uow, key, act)
    user = await uow.users.get(UserCode(body.code), caller.scope(Permission.CHANGE_PEOPLE))
    response.status_code = 200 if answer["restored"] else 201
    response.headers["Location"] = f"/users/{user.code}"
    response.headers["ETag"] = f'"{answer["version"]}"'
    shown = show(user, caller).model_copy(update={"version": answer["version"]})
    return Registered(**dict(shown), restored=answer["restored"])
