"""Whose account and details somebody may change, of those he may see."""

from shared.contracts.rights import Permission, Role
from shared.errors import NotFound
from shared.runtime.access import RoleHolder, Scope
from users.errors import StudentsOnly
from users.models import User


def is_within(user: User, scope: Scope) -> bool:
    """A student's account is his own office's: not that of one where he is a guest, or next year's."""
    if user.is_student or scope.everything:
        return scope.contains(user.branch_id)
    return not scope.branches.isdisjoint(user.branches)


def within_reach(user: User | None, asker: RoleHolder, permission: Permission) -> User:
    """Him, found in the asker's scope or not. Raises NotFound, StudentsOnly."""
    if user is None:
        raise NotFound
    if user.is_student and not is_within(user, asker.scope(permission)):
        raise NotFound
    if user.is_staff and Role.APPLICATION_MANAGER not in asker.roles:
        raise StudentsOnly
    return user
