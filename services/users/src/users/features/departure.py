"""A student leaves school (leerling gaat van school; handbook "Leerlinggegevens wijzigen"): his account.

"Then archive the user: after that the student can no longer log in." Not only the next login: sessions,
refresh tokens and API tokens end in the same transaction, and access tokens die with the session version.
His guardians go with him where that is asked (guardians.py). The undo lets him log in again, and revives none
of these.
"""

from collections.abc import Sequence

from shared.clock import now
from shared.contracts.commands import ArchiveAccount, RestoreAccount
from shared.contracts.ids import UserCode
from shared.contracts.values import GuardianPolicy
from users.errors import NotAStudent
from users.features.guardians import Comeback, archive_guardians, restore_guardians
from users.models import DepartureWork
from users.unit_of_work import UsersUnitOfWork


async def archive_accounts(uow: UsersUnitOfWork, commands: Sequence[ArchiveAccount]) -> None:
    """Archive the accounts of students who leave, and answer each command.

    The same (departure, epoch) again gets the same answer in a new message; an older epoch gets none. A
    student who is unknown here is answered `changed: false`, version 0: he has no login to end, and his
    departure must be able to complete. Raises NotAStudent.
    """
    users = await uow.users.lock(command.student for command in commands)
    works = await uow.departure_works.of(command.departure for command in commands)
    at, ended, answering = now(), [], []
    leaving: dict[UserCode, ArchiveAccount] = {}
    for command in commands:
        user = users.get(UserCode(command.student))
        if user and not user.is_student:
            raise NotAStudent
        work = works.setdefault(command.departure, DepartureWork.on(command))
        if work.is_past(command):
            continue
        if not work.is_done(command):
            if work.archive(command, user, at):
                ended.append(work.user)
                uow.record(
                    "account.archive", "user", [work.user], fields=["archived_at"],
                    because=command, on_behalf_of=command.requested_by,
                )  # fmt: skip
            if command.guardians is GuardianPolicy.ARCHIVE:
                leaving[work.user] = command
        answering.append((work, command))
    for departure, guardians in (await archive_guardians(uow, leaving, at)).items():
        works[departure].took_along(guardians)
        ended += guardians
    for work, command in answering:
        uow.publish(work.answer(), because=command)
    uow.departure_works.add(*works.values())
    await uow.sessions.end_all(ended, api_tokens=True)


async def restore_accounts(uow: UsersUnitOfWork, commands: Sequence[RestoreAccount]) -> None:
    """Let students log in again whose departure is undone, if it was that which archived them; answer each.

    The same (departure, epoch) again gets the same answer in a new message; an older epoch gets none. A
    departure that did nothing here yet is answered `changed: false`, and what it asks later is past.
    """
    users = await uow.users.lock(command.student for command in commands)
    works = await uow.departure_works.of(command.departure for command in commands)
    at = now()
    returning: dict[UserCode, Comeback] = {}
    for command in commands:
        work = works.setdefault(command.departure, DepartureWork.on(command))
        if work.is_past(command):
            continue
        if not work.is_done(command):
            returning[work.user] = Comeback(command.requested_by, command, command.departure)
            if work.restore(command, users.get(work.user), at):
                uow.record(
                    "account.restore", "user", [work.user], fields=["archived_at"],
                    because=command, on_behalf_of=command.requested_by,
                )  # fmt: skip
        uow.publish(work.answer(), because=command)
    await restore_guardians(uow, returning, at)
    uow.departure_works.add(*works.values())
