"""What other programs may ask by queue beside departures, and how they are answered.

One message is one change of one student; each is answered, under the correlation id its sender chose, with
the fact that it happened or with a refusal that names the code HTTP would give. The RabbitMQ user that sent
it is who asks (docs/decisions/0005). The same facts tell of changes made over HTTP: then `request` is None.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.ids import (
    AStudentCode,
    BranchId,
    DepartmentId,
    DepartureId,
    EnrolmentId,
    GroupId,
    ProjectId,
    SubjectId,
    UserCode,
)
from shared.contracts.message import Command, Fact, parties
from shared.contracts.rights import Permission
from shared.contracts.values import Authority, PackagePolicy, Party

SubjectCode = Annotated[str, Field(min_length=1, max_length=64)]
FieldName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
RefusalCode = Annotated[str, Field(pattern=r"^[a-z_]{1,60}$")]
PersonText = Annotated[str, Field(max_length=200)]


class ChangeCommand(Command):
    """A change of one student, asked of the portal."""

    senders = parties(Party.AUTOMATION)
    receivers = parties(Party.PORTAL)

    student: AStudentCode


class EnrolmentCommand(ChangeCommand):
    """A change of one enrolment."""

    enrolment: EnrolmentId | None = None
    """None: his one enrolment of the running school year."""


class EnrolmentFact(Fact):
    """What became of one enrolment; `version` is the student's."""

    senders = parties(Party.PORTAL)
    receivers = parties(Party.AUTOMATION)

    student: AStudentCode
    version: int
    enrolment: EnrolmentId
    at: AwareDatetime
    request: UUID | None = None


class AssignHomeClass(EnrolmentCommand):
    """Give a student another home class of his department, or none; where the portal leads."""

    type = "portal.home-class.assign.v1"
    permission = Permission.CHANGE_PLACEMENTS

    group: GroupId | None


class HomeClassAssigned(EnrolmentFact):
    """A student has another home class in the portal; the desktop gets it by download or take over."""

    type = "portal.home-class.assigned.v1"

    before: GroupId | None
    group: GroupId | None


class ChangeDepartment(EnrolmentCommand):
    """Let a student change department; his group memberships go, his package is kept or wiped."""

    type = "portal.department.change.v1"
    permission = Permission.CHANGE_PLACEMENTS

    department: DepartmentId
    choice_package: PackagePolicy | None = None


class DepartmentChanged(EnrolmentFact):
    """A student is in another department: enrolment `before` was replaced by `enrolment`.

    `change` is the resource with what is still to be done; `dropped` are the subjects of his package that the
    new department does not offer.
    """

    type = "portal.department.changed.v1"

    change: UUID
    before: EnrolmentId
    department: DepartmentId
    dropped: list[SubjectCode]


class ChooseChoicePackage(EnrolmentCommand):
    """Let these be the subjects a student chose, by code; only what his department offers."""

    type = "portal.choice-package.choose.v1"
    permission = Permission.CHANGE_PACKAGES

    subjects: Annotated[list[SubjectCode], Field(max_length=50)]
    profile: Annotated[str, Field(max_length=64)] | None = None


class ChoicePackageChosen(EnrolmentFact):
    """A student has another choice package in the portal; the desktop's data check shows the difference."""

    type = "portal.choice-package.chosen.v1"

    subjects: list[SubjectId]


class EnrolStudent(ChangeCommand):
    """Enrol a student in a department of this school year or a later one."""

    type = "portal.student.enrol.v1"
    permission = Permission.CHANGE_ENROLMENTS

    department: DepartmentId
    second: bool = False
    """On purpose a second enrolment in the same project."""


class StudentEnrolled(EnrolmentFact):
    """A student has a new enrolment or prognosis."""

    type = "portal.student.enrolled.v1"

    department: DepartmentId


class DeleteEnrolment(ChangeCommand):
    """Delete one enrolment or prognosis by itself; the student and his account stay."""

    type = "portal.enrolment.delete.v1"
    permission = Permission.CHANGE_ENROLMENTS

    enrolment: EnrolmentId


class EnrolmentDeleted(EnrolmentFact):
    """An enrolment or prognosis was deleted by itself."""

    type = "portal.enrolment.deleted.v1"


class ChangeRefused(Fact):
    """The portal refused what the message `request` asked, and nothing of it happened."""

    type = "portal.change.refused.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.AUTOMATION)

    request: UUID
    code: RefusalCode
    student: AStudentCode | None = None
    departure: DepartureId | None = None
    """The one that stands in the way."""
    at: AwareDatetime


class AuthorityChanged(Fact):
    """Another side leads the home classes of a department from now on; the newest `version` wins."""

    type = "portal.authority.changed.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.DESKTOP, Party.AUTOMATION)

    department: DepartmentId
    project: ProjectId
    branch: BranchId
    home_class_authority: Authority
    version: int
    at: AwareDatetime


class ReopenAccount(Command):
    """A student who had left is enrolled again: let him log in again, with a new session."""

    type = "users.account.reopen.v1"
    permission = Permission.ARCHIVE_PEOPLE
    senders = parties(Party.PORTAL)
    receivers = parties(Party.USERS)

    user: UserCode
    requested_by: UserCode


class PersonCommand(Command):
    """Name and address, asked of users; what is not given is not known, or stays. Carries personal data."""

    permission = Permission.CHANGE_PEOPLE
    senders = parties(Party.AUTOMATION)
    receivers = parties(Party.USERS)
    personal = True

    given_name: PersonText | None = None
    prefix: PersonText | None = None
    family_name: PersonText | None = None
    birth_date: date | None = None
    email: PersonText | None = None
    street: PersonText | None = None
    house_number: PersonText | None = None
    postal_code: PersonText | None = None
    city: PersonText | None = None
    country: PersonText | None = None


class RegisterPerson(PersonCommand):
    """Make a student known; an archived code is restored, never made a second time. Carries personal data."""

    type = "users.person.register.v1"

    user: AStudentCode
    branch: BranchId


class ChangePerson(PersonCommand):
    """Change name or address of a student; what is not given stays. Carries personal data.

    With `version` only if that is the person's version still.
    """

    type = "users.person.change.v1"

    user: UserCode
    version: int | None = None


class PersonUpdated(Fact):
    """A person was registered, restored or changed, as `request` asked; names of the fields, no values."""

    type = "users.person.updated.v1"
    senders = parties(Party.USERS)
    receivers = parties(Party.AUTOMATION)

    user: UserCode
    version: int
    fields: list[FieldName]
    at: AwareDatetime
    request: UUID


class PersonRefused(Fact):
    """Users refused what the message `request` asked, and nothing of it happened."""

    type = "users.person.refused.v1"
    senders = parties(Party.USERS)
    receivers = parties(Party.AUTOMATION)

    request: UUID
    code: RefusalCode
    user: UserCode | None = None
    at: AwareDatetime
