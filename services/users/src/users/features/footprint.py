"""What is left of a student here: before a departure the preview, after it the proof."""

from dataclasses import dataclass

from shared.clock import now
from shared.contracts.ids import UserCode
from shared.runtime.access import Scope
from users.repositories.sessions import Alive
from users.unit_of_work import UsersUnitOfWork


@dataclass(frozen=True, slots=True)
class Footprint:
    """Numbers count what still works, nothing that is merely remembered."""

    active: bool
    alive: Alive


async def footprint_of(uow: UsersUnitOfWork, code: UserCode, scope: Scope) -> Footprint:
    """Raises NotFound."""
    user = await uow.users.get(code, scope)
    return Footprint(active=not user.is_archived, alive=await uow.sessions.count_alive(code, now()))
