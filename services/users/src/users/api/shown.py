"""A user as a caller may see him."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel

from shared.contracts.ids import BranchId, SchoolId, UserCode
from shared.contracts.rights import Permission, Role
from shared.contracts.values import UserKind
from shared.runtime.access import Caller
from users.models import User
from users.models.personal_details import ADDRESS_FIELDS


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
    """One's own; of students in one's branches for the office; of colleagues for the application manager."""
    if user.code == caller.code:
        return True
    if not user.is_student and Role.APPLICATION_MANAGER not in caller.roles:
        return False
    scope = caller.scope(Permission.READ_ADDRESSES)
    return scope.everything or not scope.branches.isdisjoint(user.branches)
