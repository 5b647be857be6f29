"""What an import of people asks, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.contracts.ids import BranchId, SchoolId, UserCode
from shared.contracts.values import UserKind
from users.models import HeldRole
from users.models.personal_details import PersonalDetails

CODES_FROM: Final = 900_000
GUARDIAN_PREFIX: Final = "g"


@dataclass(frozen=True, slots=True)
class PersonInFile:
    """What is None or left out of `details` is not known to the file, and stays as it is.

    `children` of a guardian are external ids of students of the same file.
    """

    external_id: str
    kind: UserKind
    code: str | None = None
    username: str | None = None
    password: str | None = None
    roles: frozenset[HeldRole] | None = None
    children: Sequence[str] | None = None
    details: PersonalDetails = field(default_factory=PersonalDetails)


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """`source` names the file; codes are allotted from the first free one above `codes_from`.

    A guardian's begins with a letter, so that it never looks like a student's.
    """

    source: str
    people: Sequence[PersonInFile]
    school: SchoolId | None = None
    branch: BranchId | None = None
    codes_from: int = CODES_FROM


@dataclass(slots=True)
class Imported:
    """The code of each external id. `archived` were left alone: they are restored on purpose, or not."""

    codes: dict[str, UserCode]
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    archived: list[UserCode] = field(default_factory=list)
