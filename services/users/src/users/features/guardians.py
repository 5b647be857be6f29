"""Guardians (ouders, verzorgers) go with their last child and come back with the first.

A departure that asks so archives, with the student, those of his guardians who have no other active child.
Judged is after the whole batch: two children who leave together take their guardian along, and of two who
leave one after the other the later does. Whichever child comes back brings him back.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from shared.contracts.commands import ArchiveAccount, RestoreAccount
from shared.contracts.facts import AccountArchived, AccountRestored
from shared.contracts.ids import DepartureId, UserCode
from users.models import User
from users.unit_of_work import UsersUnitOfWork


async def archive_guardians(
    uow: UsersUnitOfWork, leaving: Mapping[UserCode, ArchiveAccount], at: datetime
) -> dict[DepartureId, list[UserCode]]:
    """Archive the guardians whom these students leave without an active child; by departure who went.

    Each is told to portal and desktop in a fact of his own: his tokens must die there too.
    """
    gone: dict[DepartureId, list[UserCode]] = defaultdict(list)
    families = await uow.guardianships.families_of(leaving, lock=True) if leaving else {}
    for student, command in reversed([*leaving.items()]):
        for family in families.get(student, ()):
            if family.go_along(command.departure, at):
                guardian = family.guardian
                gone[command.departure].append(guardian.code)
                uow.publish(archived(guardian, at), because=command)
                uow.record(
                    "account.archive", "user", [guardian.code], fields=["archived_at"],
                    because=command, on_behalf_of=command.requested_by,
                )  # fmt: skip
    return gone


async def restore_guardians(
    uow: UsersUnitOfWork, returning: Mapping[UserCode, RestoreAccount | None], at: datetime
) -> None:
    """Bring back whom a departure took along: it is undone, or one of his children is active again."""
    families = await uow.guardianships.families_of(returning, lock=True) if returning else {}
    for student, command in returning.items():
        for family in families.get(student, ()):
            if family.come_back(command.departure if command else None):
                guardian = family.guardian
                uow.publish(restored(guardian, at), because=command)
                uow.record(
                    "account.restore", "user", [guardian.code], fields=["archived_at"],
                    because=command, on_behalf_of=command.requested_by if command else None,
                )  # fmt: skip


def archived(user: User, at: datetime) -> AccountArchived:
    """An archival of its own, no step of a departure."""
    return AccountArchived(user=user.code, version=user.version, session_version=user.session_version, at=at)


def restored(user: User, at: datetime) -> AccountRestored:
    """A restore of its own."""
    return AccountRestored(user=user.code, version=user.version, session_version=user.session_version, at=at)
