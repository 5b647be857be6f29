"""Guardians (ouders, verzorgers) go with their last child and come back with the first.

A departure that asks so archives, with the student, those of his guardians who have no other active child.
Judged is after the whole batch: two children who leave together take their guardian along, and of two who
leave one after the other the later does. Whichever child comes back, however he does, brings him back.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.commands import ArchiveAccount
from shared.contracts.facts import AccountArchived, AccountRestored
from shared.contracts.ids import DepartureId, UserCode
from shared.contracts.message import Command
from users.models import User
from users.unit_of_work import UsersUnitOfWork


@dataclass(frozen=True, slots=True)
class Comeback:
    """By whom somebody comes back, because of which command, and which departure is undone by it."""

    by: UserCode
    because: Command | None = None
    undone: DepartureId | None = None


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
                uow.publish(archived(guardian, at, command.requested_by), because=command)
                uow.record(
                    "account.archive", "user", [guardian.code], fields=["archived_at"],
                    because=command, on_behalf_of=command.requested_by,
                )  # fmt: skip
    return gone


async def restore_guardians(
    uow: UsersUnitOfWork, returning: Mapping[UserCode, Comeback], at: datetime
) -> None:
    """Bring back whom a departure took along: it is undone, or one of his children is active again."""
    families = await uow.guardianships.families_of(returning, lock=True) if returning else {}
    for student, comeback in returning.items():
        for family in families.get(student, ()):
            if family.come_back(comeback.undone):
                tell_restored(uow, family.guardian, comeback, at)


def tell_restored(uow: UsersUnitOfWork, user: User, comeback: Comeback, at: datetime) -> None:
    """Say and note that he was restored, as no step of a departure."""
    because = comeback.because
    uow.record(
        "account.restore", "user", [user.code], fields=["archived_at"],
        because=because, on_behalf_of=comeback.by if because else None,
    )  # fmt: skip
    uow.publish(
        AccountRestored(
            user=user.code,
            version=user.version,
            session_version=user.session_version,
            at=at,
            by=comeback.by,
        ),
        because=because,
    )


def archived(user: User, at: datetime, by: UserCode) -> AccountArchived:
    """An archival of its own, no step of a departure."""
    return AccountArchived(
        user=user.code, version=user.version, session_version=user.session_version, at=at, by=by
    )
