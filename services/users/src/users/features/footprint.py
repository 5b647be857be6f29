"""What is left of students here: before a departure the preview, after it the proof."""

from collections.abc import Collection
from dataclasses import dataclass

from shared.clock import now
from shared.contracts.ids import UserCode
from shared.errors import NotFound
from shared.runtime.access import Scope
from users.models import User
from users.repositories.sessions import Alive
from users.unit_of_work import UsersUnitOfWork


@dataclass(frozen=True, slots=True)
class Footprint:
    """Numbers count what still works, nothing that is merely remembered."""

    active: bool
    alive: Alive


async def footprint_of(uow: UsersUnitOfWork, code: UserCode, scope: Scope) -> Footprint:
    """Raises NotFound."""
    found = await footprints_of(uow, [code], scope)
    if code not in found:
        raise NotFound
    return found[code]


async def footprints_of(
    uow: UsersUnitOfWork, codes: Collection[UserCode], scope: Scope
) -> dict[UserCode, Footprint]:
    """Of those who are known and in scope."""
    users = await uow.users.among(codes, scope)
    alive = await uow.sessions.count_alive(users, now())
    return {code: Footprint(not user.is_archived, alive[code]) for code, user in users.items()}


async def left_by(
    uow: UsersUnitOfWork, leaving: Collection[UserCode], scope: Scope
) -> dict[UserCode, list[User]]:
    """By student the guardians in scope who have no active child but these students who are leaving."""
    together = frozenset(leaving)
    return {
        student: [
            family.guardian
            for family in families
            if family.is_left_by(together)
            and (scope.everything or not scope.branches.isdisjoint(family.guardian.branches))
        ]
        for student, families in (await uow.guardianships.families_of(leaving)).items()
        if student in together
    }
