"""Name and address of a person change (NAW wijzigen; handbook "Leerlinggegevens wijzigen").

"Always led by the portal": here, and nowhere else. Portal and desktop hear of it at once and keep a copy that
nobody can change there. Who had left may still move house, and so may who is leaving.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.clock import now
from shared.contracts.changes import ChangePerson
from shared.contracts.ids import UserCode
from shared.contracts.message import Command
from shared.contracts.rights import Permission
from shared.errors import Refusal, VersionStale
from shared.runtime.access import RoleHolder
from shared.runtime.automations import Automations, asker_of
from shared.runtime.versions import SeenVersion
from users.features.person_answers import answer_updated, refuse
from users.features.person_facts import person_changed
from users.features.reach import within_reach
from users.models import User
from users.models.details_cleaning import clean, details_of
from users.models.personal_details import DETAIL_FIELDS
from users.unit_of_work import UsersUnitOfWork


async def change_person(
    uow: UsersUnitOfWork, caller: RoleHolder, code: UserCode, seen: SeenVersion, told: Mapping[str, Any]
) -> User:
    """Take over what is told; what is the same already is no new version.

    Raises NotFound, StudentsOnly, VersionStale, WrongDetails.
    """
    user = within_reach((await _lock_seen(uow, caller, [code])).get(code), caller, Permission.CHANGE_PEOPLE)
    seen.must_be(user.version)
    correct(uow, user, told, caller.code)
    return user


async def change_by_message(
    uow: UsersUnitOfWork, commands: Sequence[ChangePerson], automations: Automations
) -> None:
    """What other programs ask, one person a message; each is answered, and the others of the batch go on."""
    asked: dict[UserCode, list[ChangePerson]] = {}
    for command in commands:
        try:
            asked.setdefault(asker_of(command, automations, command.permission).code, []).append(command)
        except Refusal as refusal:
            refuse(uow, command, refusal, command.user)
    for program, theirs in asked.items():
        asker = automations[program]
        users = await _lock_seen(uow, asker, [command.user for command in theirs])
        for command in theirs:
            try:
                user = within_reach(users.get(command.user), asker, command.permission)
                if command.version not in {None, user.version}:
                    raise VersionStale(version=user.version)
                fields = correct(uow, user, told_in(command), asker.code, because=command)
                answer_updated(uow, command, user, fields)
            except Refusal as refusal:
                refuse(uow, command, refusal, command.user)


def correct(
    uow: UsersUnitOfWork,
    user: User,
    told: Mapping[str, Any],
    by: UserCode,
    *,
    because: Command | None = None,
) -> list[str]:
    """Correct a locked person, and say so; returns the fields that differed. Raises WrongDetails."""
    fields = user.correct(**clean(told, details_of(user)))
    if fields:
        uow.record("person.change", "user", [user.code], fields=fields, because=because)
        uow.publish(person_changed(user, fields, by, now()), because=because)
    return fields


def told_in(command: Command) -> dict[str, Any]:
    """The details that stand in a message; one that stands there as null is to be cleared."""
    return command.model_dump(include={*DETAIL_FIELDS}, exclude_unset=True)


async def _lock_seen(
    uow: UsersUnitOfWork, asker: RoleHolder, codes: Sequence[UserCode]
) -> dict[UserCode, User]:
    """Those of these who are in the asker's scope."""
    return await uow.users.lock(await uow.users.among(codes, asker.scope(Permission.CHANGE_PEOPLE)))
