"""A user as a caller may see him."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Self

from pydantic import BaseModel

from shared.contracts.ids import BranchId, SchoolId, UserCode
from shared.contracts.rights import Permission, Role
from shared.contracts.values import UserKind
from shared.runtime.access import Caller
from users.models import User
from users.models.personal_details import ADDRESS_FIELDS, NAME_FIELDS


class Address(BaseModel):
    """Personal details beyond the name."""

    birth_date: date | None
    email: str | None
    street: str | None
    house_number: str | None
    postal_code: str | None
    city: str | None
    country: str | None

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(**{field: getattr(user, field) for field in ADDRESS_FIELDS})


class AccountState(BaseModel):
    """What archiving and restoring change; nothing personal."""

    archived: bool
    archived_at: datetime | None
    version: int

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(archived=user.is_archived, archived_at=user.archived_at, version=user.version)


class Shown(BaseModel):
    """`address` is null for who may not see it."""

    code: UserCode
    kind: UserKind
    username: str
    given_name: str
    prefix: str
    family_name: str
    school: SchoolId | None
    branch: BranchId | None
    archived: bool
    archived_at: datetime | None
    version: int
    address: Address | None


class Relative(BaseModel):
    """A guardian of a student, or a child of a guardian."""

    code: UserCode
    given_name: str
    prefix: str
    family_name: str
    archived: bool

    @classmethod
    def of(cls, user: User) -> Self:
        names = {field: getattr(user, field) for field in NAME_FIELDS}
        return cls(code=user.code, archived=user.is_archived, **names)


class ShownWithFamily(Shown):
    """Of a student his guardians, of a guardian his children, as far as the caller may see them."""

    guardians: list[Relative]
    children: list[Relative]


def show_with_family(user: User, relatives: Iterable[User], caller: Caller) -> ShownWithFamily:
    """Him, and his family."""
    family: dict[UserKind, list[Relative]] = {kind: [] for kind in UserKind}
    for relative in relatives:
        family[relative.kind].append(Relative.of(relative))
    return ShownWithFamily(
        **dict(show(user, caller)), guardians=family[UserKind.GUARDIAN], children=family[UserKind.STUDENT]
    )


def show(user: User, caller: Caller) -> Shown:
    """Him, with his address for who may see it."""
    return Shown(
        code=user.code,
        kind=user.kind,
        username=user.username,
        given_name=user.given_name,
        prefix=user.prefix,
        family_name=user.family_name,
        school=user.school_id,
        branch=user.branch_id,
        archived=user.is_archived,
        archived_at=user.archived_at,
        version=user.version,
        address=Address.of(user) if _may_see_address(caller, user) else None,
    )


def _may_see_address(caller: Caller, user: User) -> bool:
    """One's own; of students and guardians of one's branches for the office.

    Of colleagues for the application manager.
    """
    if user.code == caller.code:
        return True
    if user.is_staff and Role.APPLICATION_MANAGER not in caller.roles:
        return False
    scope = caller.scope(Permission.READ_ADDRESSES)
    return scope.everything or not scope.branches.isdisjoint(user.branches)
