"""One request or one batch of messages: state, audit and messages in one transaction."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from shared.messaging.unit_of_work import Origin, UnitOfWork
from users.repositories import (
    DepartureWorks,
    Guardianships,
    ImportedPeople,
    Notices,
    PlacementCopies,
    RoleAssignments,
    Sessions,
    Users,
)


class UsersUnitOfWork(UnitOfWork):
    """What the features of users work with."""

    def __init__(
        self, session: AsyncSession, origin: Origin, wake_relay: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(session, origin, wake_relay)
        self.users = Users(session)
        self.role_assignments = RoleAssignments(session)
        self.sessions = Sessions(session)
        self.guardianships = Guardianships(session)
        self.departure_works = DepartureWorks(session)
        self.notices = Notices(session)
        self.placement_copies = PlacementCopies(session)
        self.imported_people = ImportedPeople(session)

    async def let_go(self) -> None:
        """Give the connection back while something slow is computed; what was read is forgotten."""
        await self.session.rollback()
