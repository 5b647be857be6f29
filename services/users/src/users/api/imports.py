"""`POST /imports/people`: the people of a project file, all or nothing, repeatable."""

from typing import Annotated, cast

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.ids import BranchId, SchoolId, UserCode
from shared.contracts.rights import Permission, Role
from shared.contracts.values import UserKind
from shared.errors import NotAllowed
from shared.project_file.format import SAFE_TEXT, CalendarDate, Email, Id, PersonText, ShortText
from shared.runtime import input as common
from shared.runtime.access import Allowed, Caller
from users.api.parts import Work
from users.features.people_file import CODES_FROM, PeopleFile, PersonInFile
from users.features.people_import import import_people
from users.models import HeldRole
from users.models.personal_details import DETAIL_FIELDS, PersonalDetails

PATH = "/imports/people"
MAX_BODY = 20 * 1024 * 1024

router = APIRouter(tags=["imports"])

# Longer than an id of a file: who sends it may say before the id what it is of.
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=SAFE_TEXT)]


class Strict(common.Input):
    """A file is written by a program: nothing in it is guessed, not even "1" for 1."""

    model_config = ConfigDict(strict=True)


class RoleIn(Strict):
    role: Annotated[Role, Field(strict=False)]
    branch: common.Id | None = None


class PersonIn(Strict):
    external_id: ExternalId
    code: Id | None = None
    kind: Annotated[UserKind, Field(strict=False)]
    username: Id | None = None
    given_name: PersonText | None = None
    prefix: PersonText | None = None
    family_name: PersonText | None = None
    birth_date: CalendarDate | None = None
    email: Email | None = None
    street: PersonText | None = None
    house_number: ShortText | None = None
    postal_code: ShortText | None = None
    city: PersonText | None = None
    country: PersonText | None = None
    roles: Annotated[list[RoleIn], Field(max_length=100)] | None = None
    children: Annotated[list[ExternalId], Field(max_length=100)] | None = None
    password: Annotated[common.CleanText, Field(min_length=8, max_length=200)] | None = None

    def person(self) -> PersonInFile:
        told = self.model_dump(include=set(DETAIL_FIELDS), exclude_none=True)
        return PersonInFile(
            external_id=self.external_id,
            kind=self.kind,
            code=self.code,
            username=self.username,
            password=self.password,
            children=self.children,
            roles=None if self.roles is None else frozenset(_held(role) for role in self.roles),
            details=cast(PersonalDetails, told),
        )


class PeopleIn(Strict):
    source: Id
    school: common.Id | None = None
    branch: common.Id | None = None
    codes_from: Annotated[int, Field(ge=0, le=10**18)] | None = None
    dry_run: bool = False
    people: Annotated[list[PersonIn], Field(max_length=100_000)]

    def file(self) -> PeopleFile:
        return PeopleFile(
            source=self.source,
            people=[person.person() for person in self.people],
            school=None if self.school is None else SchoolId(self.school),
            branch=None if self.branch is None else BranchId(self.branch),
            codes_from=CODES_FROM if self.codes_from is None else self.codes_from,
        )


class ImportedOut(BaseModel):
    codes: dict[str, UserCode]
    created: int
    updated: int
    unchanged: int
    archived: list[UserCode]


@router.post(PATH)
async def import_the_people(
    caller: Annotated[Caller, Allowed(Permission.IMPORT_PROJECTS)], uow: Work, body: PeopleIn
) -> ImportedOut:
    """A dry run answers the same and writes nothing.

    It may touch anybody's account, so a right for some branches is not enough. Raises NotAllowed.
    """
    if not caller.scope(Permission.IMPORT_PROJECTS).everything:
        raise NotAllowed
    imported = await import_people(uow, caller, body.file())
    if body.dry_run:
        await uow.discard()
    return ImportedOut(
        codes=imported.codes,
        created=imported.created,
        updated=imported.updated,
        unchanged=imported.unchanged,
        archived=imported.archived,
    )


def _held(role: RoleIn) -> HeldRole:
    return HeldRole(role.role, None if role.branch is None else BranchId(role.branch))
