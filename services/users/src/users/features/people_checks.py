"""What can be wrong with a file of people: all of it is told at once, by place and code, never by value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.contracts.ids import UserCode
from shared.contracts.rights import Role
from shared.contracts.values import UserKind
from shared.runtime.access import Caller
from users.errors import ImportRefused
from users.features.people_file import PeopleFile, PersonInFile
from users.models import User
from users.models.codes import wrong_with
from users.models.user import as_username


@dataclass(frozen=True, slots=True)
class Known:
    """What users knows of the people of a file."""

    codes: Mapping[str, UserCode]
    """Of the external ids of this source."""
    users: Mapping[UserCode, User]
    """By the codes the file tells, or told before."""
    owners: Mapping[str, UserCode]
    """Who has which of the user names."""

    def find(self, person: PersonInFile) -> User | None:
        """The account he has already."""
        code = person.code or self.codes.get(person.external_id)
        return None if code is None else self.users.get(UserCode(code))


def check_people(file: PeopleFile, known: Known, caller: Caller) -> None:
    """Raises ImportRefused with every problem there is."""
    kinds = {person.external_id: person.kind for person in file.people}
    problems = [
        {"place": f"people[{at}].{field}", "code": code}
        for at, person in enumerate(file.people)
        for field, code in (
            *_code_problems(person, known),
            *_username_problems(person, known),
            *_right_problems(person, known, caller),
            *_child_problems(person, kinds),
        )
    ]
    problems += _duplicates(file)
    if problems:
        raise ImportRefused("See params.problems", problems=problems)


def _code_problems(person: PersonInFile, known: Known) -> Iterator[tuple[str, str]]:
    if person.code is None:
        return
    if wrong := wrong_with(person.code, person.kind):
        yield "code", wrong
        return
    code, before = UserCode(person.code), known.codes.get(person.external_id)
    if before is not None and before != code:
        yield "code", "has_another_code"
    user = known.users.get(code)
    of_another = before is None and code in known.codes.values()
    if of_another or (user is not None and user.kind is not person.kind):
        yield "code", "code_in_use"


def _username_problems(person: PersonInFile, known: Known) -> Iterator[tuple[str, str]]:
    code = person.code or known.codes.get(person.external_id)
    wanted = person.username or (code if code not in known.users else None)
    owner = known.owners.get(as_username(wanted)) if wanted else None
    if owner is not None and owner != code:
        yield "username", "username_in_use"


def _right_problems(person: PersonInFile, known: Known, caller: Caller) -> Iterator[tuple[str, str]]:
    if person.password is not None and Role.APPLICATION_MANAGER not in caller.roles:
        yield "password", "password_not_allowed"
    if person.roles is None:
        return
    if (person.roles and person.kind is not UserKind.STAFF) or any(
        role in {Role.STUDENT, Role.GUARDIAN} for role, _ in person.roles
    ):
        yield "roles", "role_not_assignable"
    if any(role is Role.APPLICATION_MANAGER and branch is not None for role, branch in person.roles):
        yield "roles", "role_not_for_a_branch"
    if caller.code in (person.code, known.codes.get(person.external_id)):
        yield "roles", "own_roles"


def _child_problems(person: PersonInFile, kinds: Mapping[str, UserKind]) -> Iterator[tuple[str, str]]:
    if person.children and person.kind is not UserKind.GUARDIAN:
        yield "children", "not_a_guardian"
    for at, child in enumerate(person.children or ()):
        if child not in kinds:
            yield f"children[{at}]", "unknown_child"
        elif kinds[child] is not UserKind.STUDENT:
            yield f"children[{at}]", "not_a_student"


def _duplicates(file: PeopleFile) -> Iterator[dict[str, str]]:
    for field in ("external_id", "code", "username"):
        seen: set[str] = set()
        for at, person in enumerate(file.people):
            value = getattr(person, field)
            if value is None:
                continue
            value = as_username(value) if field == "username" else value
            if value in seen:
                yield {"place": f"people[{at}].{field}", "code": f"duplicate_{field}"}
            seen.add(value)
