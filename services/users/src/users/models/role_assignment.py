"""Which role a person at work has, and for which branch."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.ids import BranchId, UserCode
from shared.contracts.rights import Role
from shared.database.base import word
from users.models.schema import Base


class HeldRole(NamedTuple):
    """A role for one branch, or for all of them (None)."""

    role: Role
    branch: BranchId | None = None


class RoleAssignment(Base):
    """A student has none: being a student is his role. Who manages the application manages all of it."""

    __tablename__ = "role_assignment"
    __table_args__ = (
        UniqueConstraint("user", "role", "branch_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("role <> 'application_manager' OR branch_id IS NULL", name="manager_of_all"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user: Mapped[UserCode] = mapped_column(ForeignKey("user.code"))
    role: Mapped[Role] = mapped_column(word(Role))
    branch_id: Mapped[BranchId | None]

    @property
    def held(self) -> HeldRole:
        return HeldRole(self.role, self.branch_id)


def branches_by_role(held: Iterable[HeldRole]) -> dict[Role, list[BranchId] | None]:
    """For each role its branches, None for all: the `roles` of an access token."""
    branches: dict[Role, list[BranchId] | None] = {}
    for role, branch in sorted(held, key=lambda one: (one.role, one.branch or 0)):
        known = branches.setdefault(role, [])
        if branch is None:
            branches[role] = None
        elif known is not None:
            known.append(branch)
    return branches
