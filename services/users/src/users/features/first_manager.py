"""The first application manager: made from the command line, since nobody can let him in."""

from shared.clock import now
from shared.contracts.ids import UserCode
from shared.contracts.rights import Role
from shared.contracts.values import UserKind
from users.errors import AccountIsArchived
from users.features.person_facts import person_changed
from users.models import HeldRole, User
from users.models.user import as_username
from users.passwords import hash_password, is_password
from users.unit_of_work import UsersUnitOfWork


async def appoint_first_manager(uow: UsersUnitOfWork, username: str, password: str) -> None:
    """Let this user manage the application, with this password; repeatable. Raises AccountIsArchived."""
    code = UserCode(as_username(username))
    user = (await uow.users.lock([code])).get(code)
    if user is None:
        user = User.register(code, UserKind.STAFF, now(), family_name=username)
        user.password_hash = await hash_password(password)
        uow.users.add(user)
        await uow.users.flush()
        uow.publish(person_changed(user))
    elif user.is_archived:
        raise AccountIsArchived
    elif not await is_password(password, user.password_hash):
        user.set_password(await hash_password(password))
        await uow.sessions.end_all([code], api_tokens=False)
        uow.publish(person_changed(user))
    held = (await uow.role_assignments.held_by([code]))[code]
    managing = HeldRole(Role.APPLICATION_MANAGER)
    if managing not in held:
        await uow.role_assignments.replace({code: held | {managing}})
        uow.record("roles.assign", "user", [code], fields=["roles"])
