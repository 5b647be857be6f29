"""A newcomer gets an account, and who comes back gets his own again (gebruiker toevoegen).

Codes are unique, archived ones included: an archived code is restored, never made a second time, and its
tokens of before stay dead. Where he is, the portal says as soon as he is enrolled; until then he is at the
branch that was told here. A guardian is where his children are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.clock import now
from shared.contracts.changes import RegisterPerson
from shared.contracts.ids import BranchId, UserCode
from shared.contracts.message import Command
from shared.contracts.rights import Permission, Role
from shared.contracts.values import UserKind
from shared.errors import NotFound, Refusal
from shared.runtime.access import RoleHolder, Scope
from shared.runtime.automations import Automations, asker_of
from users.errors import CodeInUse, StudentsOnly, UsernameInUse, WrongDetails
from users.features.guardians import Comeback, restore_guardians, tell_restored
from users.features.person_answers import answer_updated, refuse
from users.features.person_change import told_in
from users.features.person_facts import person_changed
from users.features.reach import is_within
from users.models import PlacementCopy, User
from users.models.codes import wrong_with
from users.models.details_cleaning import clean, details_of
from users.models.personal_details import PersonalDetails
from users.models.user import as_username
from users.unit_of_work import UsersUnitOfWork


@dataclass(frozen=True, slots=True)
class Newcomer:
    """`told` are the details that are given; None among them clears."""

    code: UserCode
    kind: UserKind
    branch: BranchId
    told: Mapping[str, Any]
    username: str | None = None
    children: frozenset[UserCode] = frozenset()


@dataclass(frozen=True, slots=True)
class Registered:
    user: User
    restored: bool
    fields: Sequence[str]


async def register_person(uow: UsersUnitOfWork, caller: RoleHolder, newcomer: Newcomer) -> Registered:
    """Make him, or bring him back.

    Raises NotFound (of a branch), StudentsOnly, WrongDetails, CodeInUse, UsernameInUse.
    """
    reception = await _reception(uow, [newcomer])
    registered = reception.admit(newcomer, caller)
    await reception.join_families()
    return registered


async def register_by_message(
    uow: UsersUnitOfWork, commands: Sequence[RegisterPerson], automations: Automations
) -> None:
    """What other programs ask, one student a message; each is answered, and the others of the batch go on."""
    newcomers = [
        Newcomer(UserCode(command.user), UserKind.STUDENT, command.branch, told_in(command))
        for command in commands
    ]
    reception = await _reception(uow, newcomers)
    for command, newcomer in zip(commands, newcomers, strict=True):
        try:
            asker = asker_of(command, automations, command.permission)
            registered = reception.admit(newcomer, asker, because=command)
            answer_updated(uow, command, registered.user, registered.fields)
        except Refusal as refusal:
            refuse(uow, command, refusal, newcomer.code)
    await reception.join_families()


async def _reception(uow: UsersUnitOfWork, newcomers: Collection[Newcomer]) -> "_Reception":
    await uow.imported_people.wait_turn()
    codes = {newcomer.code for newcomer in newcomers}
    children = {child for newcomer in newcomers for child in newcomer.children}
    names = {as_username(newcomer.username or newcomer.code) for newcomer in newcomers}
    return _Reception(
        uow=uow,
        users=await uow.users.lock(codes | children),
        owners=await uow.users.owners_of(names),
        copies=await uow.placement_copies.of(codes),
    )


@dataclass(slots=True)
class _Reception:
    """Admits newcomers one by one by what is known of all of them together: no statement for each."""

    uow: UsersUnitOfWork
    users: dict[UserCode, User]
    owners: dict[str, UserCode]
    copies: Mapping[UserCode, PlacementCopy]
    _returning: dict[UserCode, Comeback] = field(default_factory=dict)
    _children: dict[UserCode, frozenset[UserCode]] = field(default_factory=dict)

    def admit(self, newcomer: Newcomer, asker: RoleHolder, because: Command | None = None) -> Registered:
        """Nothing has changed where it raises; it raises what `register_person` does."""
        known = self._judge(newcomer, asker)
        details = clean(newcomer.told, details_of(known) if known else {})
        registered = (
            self._bring_back(known, newcomer, details, Comeback(asker.code, because))
            if known
            else self._make(newcomer, details, because)
        )
        if newcomer.children:
            self._children[newcomer.code] = newcomer.children
        changed = person_changed(registered.user, registered.fields, asker.code, now())
        self.uow.publish(changed, because=because)
        return registered

    async def join_families(self) -> None:
        """Guardians get their children, and come back with those who do."""
        await self.uow.users.flush()
        if self._children:
            children = frozenset().union(*self._children.values())
            await self.uow.guardianships.replace(self._children, children)
            for family in await self.uow.guardianships.lock_families(self._children):
                family.follow()
        await restore_guardians(self.uow, self._returning, now())

    def _judge(self, newcomer: Newcomer, asker: RoleHolder) -> User | None:
        """Who has this code already and comes back."""
        scope = asker.scope(Permission.CHANGE_PEOPLE)
        if newcomer.kind is UserKind.STAFF and Role.APPLICATION_MANAGER not in asker.roles:
            raise StudentsOnly
        if not scope.contains(newcomer.branch):
            raise NotFound
        if wrong := wrong_with(newcomer.code, newcomer.kind):
            raise WrongDetails({"code": wrong})
        self._judge_children(newcomer, scope)
        known, copy = self.users.get(newcomer.code), self.copies.get(newcomer.code)
        if known and not (known.is_archived and known.kind is newcomer.kind and is_within(known, scope)):
            raise CodeInUse
        if not known and copy and not scope.contains(copy.branch_id):
            raise CodeInUse
        name = newcomer.username or (None if known else newcomer.code)
        if name and self.owners.get(as_username(name), newcomer.code) != newcomer.code:
            raise UsernameInUse
        return known

    def _judge_children(self, newcomer: Newcomer, scope: Scope) -> None:
        if newcomer.children and newcomer.kind is not UserKind.GUARDIAN:
            raise WrongDetails({"children": "not_a_guardian"})
        children = [self.users.get(child) for child in newcomer.children]
        if not all(child and child.is_student and is_within(child, scope) for child in children):
            raise WrongDetails({"children": "unknown_child"})

    def _make(self, newcomer: Newcomer, details: PersonalDetails, because: Command | None) -> Registered:
        user = User.register(newcomer.code, newcomer.kind, now(), username=newcomer.username, **details)
        copy = self.copies.get(newcomer.code)
        if copy is not None:
            user.place(copy.school_id, copy.branch_id, copy.branches)
        elif newcomer.kind is UserKind.GUARDIAN:
            user.place(None, None, [newcomer.branch])
        else:
            user.place(None, newcomer.branch)
        self.users[user.code], self.owners[user.username] = user, user.code
        self.uow.users.add(user)
        fields = [name for name, value in details_of(user).items() if value]
        self.uow.record("person.register", "user", [user.code], fields=fields, because=because)
        return Registered(user, restored=False, fields=fields)

    def _bring_back(
        self, user: User, newcomer: Newcomer, details: PersonalDetails, comeback: Comeback
    ) -> Registered:
        user.restore()
        tell_restored(self.uow, user, comeback, now())
        self._returning[user.code] = comeback
        fields = user.correct(**details)
        if newcomer.username and user.rename(newcomer.username):
            self.owners[user.username] = user.code
            fields.append("username")
        if fields:
            self.uow.record("person.change", "user", [user.code], fields=fields, because=comeback.because)
        return Registered(user, restored=True, fields=fields)
