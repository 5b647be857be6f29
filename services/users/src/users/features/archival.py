"""Archiving and restoring one account on its own (Beheer, Gebruikers: archiveren, terugplaatsen).

Archiving deletes nothing: he is out of the lists, cannot log in, and what he was logged in with is dead at
once. Restoring lets him log in again and revives none of it; with a student come back the guardians whom a
departure took along. The student office does this for students and guardians, not for its colleagues. The
portal asks it for a student who had left and is enrolled again.
"""

from collections.abc import Mapping, Sequence

from shared.clock import now
from shared.contracts.changes import ReopenAccount
from shared.contracts.ids import UserCode
from shared.contracts.rights import Permission, Role
from shared.runtime.access import Caller
from users.errors import LastApplicationManager, NotAStudent, OwnAccount
from users.features.guardians import Comeback, archived, restore_guardians, tell_restored
from users.features.reach import within_reach
from users.models import User
from users.unit_of_work import UsersUnitOfWork


async def archive_account(uow: UsersUnitOfWork, caller: Caller, code: UserCode, reason: str | None) -> User:
    """Archive one; archived before is fine.

    Raises NotFound, StudentsOnly, OwnAccount, LastApplicationManager.
    """
    user, managers = await _lock_within_reach(uow, caller, code)
    if user.code == caller.code:
        raise OwnAccount
    if managers == [user]:
        raise LastApplicationManager
    at = now()
    if user.archive(at):
        await uow.sessions.end_all([code], api_tokens=True)
        uow.record("account.archive", "user", [code], fields=["archived_at"], reason=reason)
        uow.publish(archived(user, at, caller.code))
    return user


async def restore_account(uow: UsersUnitOfWork, caller: Caller, code: UserCode) -> User:
    """Let him log in again; not archived is fine. Raises NotFound, StudentsOnly."""
    user, _ = await _lock_within_reach(uow, caller, code)
    await bring_back(uow, {user: Comeback(caller.code)})
    return user


async def reopen_accounts(uow: UsersUnitOfWork, commands: Sequence[ReopenAccount]) -> None:
    """Restore the students who were archived; not archived or unknown here is fine. Raises NotAStudent."""
    users = await uow.users.lock(command.user for command in commands)
    comebacks = {}
    for command in commands:
        user = users.get(command.user)
        if user and not user.is_student:
            raise NotAStudent
        if user:
            comebacks[user] = Comeback(command.requested_by, command)
    await bring_back(uow, comebacks)


async def bring_back(uow: UsersUnitOfWork, comebacks: Mapping[User, Comeback]) -> None:
    """Restore those of these locked users who are archived, with the guardians a departure took along."""
    at = now()
    returning = {user: comeback for user, comeback in comebacks.items() if user.restore()}
    for user, comeback in returning.items():
        tell_restored(uow, user, comeback, at)
    await restore_guardians(uow, {user.code: comeback for user, comeback in returning.items()}, at)


async def _lock_within_reach(uow: UsersUnitOfWork, caller: Caller, code: UserCode) -> tuple[User, list[User]]:
    """Him, and who manages the application now; locked together, so that two cannot end each other."""
    scope = caller.scope(Permission.ARCHIVE_PEOPLE)
    user = within_reach(await uow.users.get(code, scope), caller, Permission.ARCHIVE_PEOPLE)
    holders = await uow.role_assignments.holders_of(Role.APPLICATION_MANAGER) if user.is_staff else set()
    locked = await uow.users.lock({code, *holders})
    return locked[code], [locked[holder] for holder in holders if not locked[holder].is_archived]
