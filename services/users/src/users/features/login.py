"""Logging in with a password, and staying logged in with refresh tokens.

Unknown, wrong, archived and locked get one answer (None) after the same work: whoever guesses learns nothing.
A refusal is no error here: what it leaves behind (a count, an ended session) must be committed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.clock import now
from shared.contracts.ids import BranchId, UserCode
from shared.contracts.rights import Role
from shared.contracts.values import UserKind
from users.models import LoginSession, User
from users.models.role_assignment import branches_by_role
from users.models.user import as_username
from users.passwords import is_password
from users.unit_of_work import UsersUnitOfWork

_BY_KIND: Final = {UserKind.STUDENT: Role.STUDENT, UserKind.GUARDIAN: Role.GUARDIAN}


@dataclass(frozen=True, slots=True)
class Login:
    """Who is logged in, as what, and the token to stay so."""

    user: UserCode
    session_version: int
    roles: Mapping[Role, list[BranchId] | None]
    refresh_token: str


async def log_in(uow: UsersUnitOfWork, username: str, password: str) -> Login | None:
    """Begin a session; None for whoever may not."""
    found = await uow.users.find_by_username(as_username(username))
    code, password_hash = (found.code, found.password_hash) if found else (None, None)
    await uow.let_go()
    is_right = await is_password(password, password_hash)
    if code is None:
        return None
    at, user = now(), (await uow.users.lock([code]))[code]
    if not user.may_log_in(at):
        return None
    if not is_right or user.password_hash != password_hash:
        user.login_failed(at)
        uow.record("login.fail", "user", [code])
        return None
    user.login_succeeded()
    await uow.sessions.forget_expired(code, at)
    session = LoginSession.begin(code, at)
    uow.sessions.add(session)
    uow.record("login", "user", [code])
    return await _stay(uow, user, session)


async def refresh(uow: UsersUnitOfWork, token: str) -> Login | None:
    """Go on with a session: this token is used up and followed by another; None when it is not good.

    A token that comes a second time ends its session: one of the two who had it should not have.
    """
    owner = await uow.sessions.find_owner(token)
    if owner is None:
        return None
    at, user = now(), (await uow.users.lock([owner]))[owner]
    locked = await uow.sessions.lock_refresh_token(token)
    if locked is None or user.is_archived:
        return None
    kept, session = locked
    if kept.is_used:
        await uow.sessions.end(session.id)
        uow.record("session.end", "user", [owner], reason="refresh token reused")
        return None
    if kept.is_expired(at):
        return None
    kept.used_at = at
    return await _stay(uow, user, session)


async def _stay(uow: UsersUnitOfWork, user: User, session: LoginSession) -> Login:
    await uow.sessions.flush()
    text, kept = session.issue(now())
    uow.sessions.add(kept)
    return Login(user.code, user.session_version, await _roles(uow, user), text)


async def _roles(uow: UsersUnitOfWork, user: User) -> Mapping[Role, list[BranchId] | None]:
    """A student is one by being one, and so is a guardian; people at work are what they were assigned."""
    if user.kind in _BY_KIND:
        return {_BY_KIND[user.kind]: None}
    return branches_by_role((await uow.role_assignments.held_by([user.code]))[user.code])
