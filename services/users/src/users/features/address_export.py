"""Names and addresses of many students are read at once: of each it is kept who did."""

from collections.abc import Collection, Sequence

from shared.contracts.ids import UserCode
from shared.runtime.access import Scope
from users.models import User
from users.models.personal_details import DETAIL_FIELDS
from users.unit_of_work import UsersUnitOfWork


async def export_addresses(
    uow: UsersUnitOfWork, students: Collection[UserCode], scope: Scope
) -> Sequence[User]:
    """The students among these codes that are known and in scope, by code."""
    found = await uow.users.among(students, scope)
    chosen = [user for _, user in sorted(found.items()) if user.is_student]
    uow.record("addresses.export", "user", [user.code for user in chosen], fields=list(DETAIL_FIELDS))
    return chosen
