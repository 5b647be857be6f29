"""What an import of people is going to write: gathered person by person, written table by table."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.ids import UserCode
from shared.contracts.values import UserKind
from users.features.guardians import Comeback, tell_restored
from users.features.people_file import PeopleFile, PersonInFile
from users.features.person_facts import person_changed
from users.models import HeldRole, PlacementCopy, User
from users.models.details_cleaning import details_of, tidy
from users.unit_of_work import UsersUnitOfWork


@dataclass(slots=True)
class ImportWriting:
    """`copies`, `roles_held`, `children_held`, `gone`: what users knew before.

    Of the new people's place, of roles, of who is whose child among the `students` of the file, and who was
    archived.
    """

    at: datetime
    file: PeopleFile
    codes: Mapping[str, UserCode]
    students: Sequence[UserCode]
    copies: Mapping[UserCode, PlacementCopy]
    roles_held: Mapping[UserCode, frozenset[HeldRole]]
    children_held: Mapping[UserCode, frozenset[UserCode]]
    gone: Collection[UserCode]
    by: UserCode
    created: list[User] = field(default_factory=list)
    updated: list[tuple[User, Sequence[str]]] = field(default_factory=list)
    _roles: dict[UserCode, frozenset[HeldRole]] = field(default_factory=dict)
    _children: dict[UserCode, frozenset[UserCode]] = field(default_factory=dict)
    _logged_out: list[UserCode] = field(default_factory=list)
    _returned: list[User] = field(default_factory=list)

    def create(self, code: UserCode, person: PersonInFile, password_hash: str | None) -> None:
        """An account; where he is the portal may have told before. A guardian follows his children."""
        user = User.register(code, person.kind, self.at, username=person.username, **tidy(person.details))
        user.password_hash = password_hash
        copy = self.copies.get(code)
        if copy is not None:
            user.place(copy.school_id, copy.branch_id, copy.branches)
        elif person.kind is not UserKind.GUARDIAN:
            user.place(self.file.school, self.file.branch)
        if person.roles:
            self._roles[code] = person.roles
        if person.children:
            self._children[code] = self._children_of(person)
        self.created.append(user)

    def update(self, user: User, person: PersonInFile, password_hash: str | None) -> bool:
        """Take over what differs; False when nothing does. Where he is, is the portal's to say."""
        fields = user.correct(**tidy(person.details))
        if person.username is not None and user.rename(person.username):
            fields.append("username")
        if person.roles is not None and person.roles != self.roles_held[user.code]:
            user.assigned()
            self._roles[user.code] = person.roles
            fields.append("roles")
        if person.children is not None and self._children_of(person) != self.children_held[user.code]:
            self._children[user.code] = self._children_of(person)
            fields.append("children")
        if password_hash is not None:
            user.set_password(password_hash)
            self._logged_out.append(user.code)
            fields.append("password")
        if fields:
            self.updated.append((user, fields))
        return bool(fields)

    def bring_back(self, user: User, person: PersonInFile) -> bool:
        """The guardian whom a departure took along, when the file gives him an active child."""
        if user.archived_with is None or self._children_of(person) <= {*self.gone}:
            return False
        self._returned.append(user)
        return user.restore()

    async def write(self, uow: UsersUnitOfWork) -> None:
        """Write it all, and say who changed."""
        uow.users.add(*self.created)
        changed = [user for user, _ in self.updated]
        uow.users.write_whole([*changed, *self._returned])
        await uow.users.flush()
        await uow.role_assignments.replace(self._roles)
        await uow.guardianships.replace(self._children, self.students)
        for family in await uow.guardianships.lock_families(self._children) if self._children else ():
            family.follow()
        await uow.sessions.end_all(self._logged_out, api_tokens=False)
        uow.record("person.import", "user", [user.code for user in self.created], reason=self.file.source)
        for user, fields in self.updated:
            uow.record("person.change", "user", [user.code], fields=fields, reason=self.file.source)
        for user in self._returned:
            tell_restored(uow, user, Comeback(self.by), self.at)
        for user in self.created:
            fields = [name for name, value in details_of(user).items() if value]
            uow.publish(person_changed(user, fields, self.by, self.at))
        for user, fields in self.updated:
            uow.publish(person_changed(user, fields, self.by, self.at))

    def _children_of(self, person: PersonInFile) -> frozenset[UserCode]:
        return frozenset(self.codes[child] for child in person.children or ())
