"""Roles."""

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.ids import UserCode
from shared.contracts.rights import Role
from shared.database.among import among
from shared.database.set_based import insert_rows, table_of
from users.models import HeldRole, RoleAssignment


class RoleAssignments:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def held_by(self, codes: Collection[UserCode]) -> dict[UserCode, frozenset[HeldRole]]:
        """The roles of each of these people."""
        held: dict[UserCode, set[HeldRole]] = {code: set() for code in codes}
        query = select(RoleAssignment).where(_of(codes))
        for assignment in await self._session.scalars(query):
            held[assignment.user].add(assignment.held)
        return {code: frozenset(roles) for code, roles in held.items()}

    async def holders_of(self, role: Role) -> set[UserCode]:
        """Who has this role, for whatever branch."""
        return set(
            await self._session.scalars(select(RoleAssignment.user).where(RoleAssignment.role == role))
        )

    async def assigned(self, role: Role) -> list[tuple[UserCode, HeldRole]]:
        """Who has this role, and for which branch."""
        query = select(RoleAssignment).where(RoleAssignment.role == role)
        return [(one.user, one.held) for one in await self._session.scalars(query)]

    async def replace(self, roles: Mapping[UserCode, frozenset[HeldRole]]) -> None:
        """From now on these people have these roles and no others."""
        if not roles:
            return
        await self._session.execute(delete(RoleAssignment).where(_of(roles)))
        rows = [
            {"user": code, "role": role, "branch_id": branch}
            for code, held in sorted(roles.items())
            for role, branch in held
        ]
        await insert_rows(self._session, table_of(RoleAssignment), rows)


def _of(codes: Collection[UserCode]) -> ColumnElement[bool]:
    return among(RoleAssignment.user, codes)
