"""Between the desktop's dated copy and the portal: refresh, and upload of placements (domain.md).

A refresh asks the portal for the structure and the enrolments of a project and users for the people who
changed; the copy gets its new date when both have come. An upload asks the portal to bring placements, row by
row, each only if the portal still is as the desktop last saw it.
"""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.changes import RefusalCode, SubjectCode
from shared.contracts.facts import Part
from shared.contracts.ids import (
    AStudentCode,
    BranchId,
    DepartmentId,
    EnrolmentId,
    GroupId,
    ProjectId,
    SchoolId,
    UserCode,
)
from shared.contracts.message import Command, Fact, parties
from shared.contracts.rights import Permission
from shared.contracts.values import Authority, Party, UploadResult

Label = Annotated[str, Field(max_length=200)]
ErrorCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,80}$")]


class Failed(Fact):
    """What was asked lies parked at the one who was asked, or cannot be told: an operator must look."""

    receivers = parties(Party.DESKTOP)

    error: ErrorCode
    at: AwareDatetime


class SendSnapshot(Command):
    """Tell structure and enrolments of a project as they stand now."""

    type = "portal.snapshot.send.v1"
    permission = Permission.READ_DESKTOP
    senders = parties(Party.DESKTOP)
    receivers = parties(Party.PORTAL)

    refresh: UUID
    project: ProjectId
    requested_by: UserCode


class SnapshotDepartment(Part):
    id: DepartmentId
    branch: BranchId
    code: Label
    label: Label
    home_class_authority: Authority
    version: int


class SnapshotGroup(Part):
    """A home class, or a cluster group of a subject."""

    id: GroupId
    department: DepartmentId
    code: Label
    label: Label
    is_home_class: bool
    subject: SubjectCode | None
    soft_max: int | None
    hard_max: int | None


class SnapshotSubject(Part):
    department: DepartmentId
    code: SubjectCode
    label: Label
    is_choosable: bool


class SnapshotEnrolment(Part):
    """`choices` are the subjects of the choice package."""

    id: EnrolmentId
    student: AStudentCode
    branch: BranchId
    department: DepartmentId
    home_class: GroupId | None
    groups: list[GroupId]
    choices: list[SubjectCode]


class SnapshotSent(Fact):
    """One of `parts` parts of a snapshot, all read at one moment; the structure is in the first."""

    type = "portal.snapshot.sent.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.DESKTOP)

    refresh: UUID
    project: ProjectId
    school: SchoolId
    taken_at: AwareDatetime
    part: int
    parts: int
    departments: list[SnapshotDepartment] = Field(default_factory=list)
    groups: list[SnapshotGroup] = Field(default_factory=list)
    subjects: list[SnapshotSubject] = Field(default_factory=list)
    enrolments: list[SnapshotEnrolment] = Field(default_factory=list)


class SnapshotFailed(Failed):
    """The portal cannot tell this snapshot: it does not know the project, or an operator must look."""

    type = "portal.snapshot.failed.v1"
    senders = parties(Party.PORTAL)

    refresh: UUID


class KnownPerson(Part):
    user: UserCode
    version: int


class RepublishPeople(Command):
    """Say `users.person.changed` again for the people of a project that are newer than what is `known`."""

    type = "users.people.republish.v1"
    permission = Permission.READ_DESKTOP
    senders = parties(Party.DESKTOP)
    receivers = parties(Party.USERS)

    refresh: UUID
    project: ProjectId
    known: list[KnownPerson]
    requested_by: UserCode


class PeopleRepublished(Fact):
    """These people, at these versions, were said again: who has them all has what users has at `at`."""

    type = "users.people.republished.v1"
    senders = parties(Party.USERS)
    receivers = parties(Party.DESKTOP)

    refresh: UUID
    project: ProjectId
    people: list[KnownPerson]
    at: AwareDatetime


class PeopleFailed(Failed):
    """Users cannot say these people again; an operator must look."""

    type = "users.people.failed.v1"
    senders = parties(Party.USERS)

    refresh: UUID


class Seating(Part):
    """Where a student sits in the portal: his home class, and his cluster groups."""

    home_class: GroupId | None
    groups: list[GroupId]


class UploadRow(Part):
    """`before` is what the desktop last saw in the portal, `after` what shall be there."""

    student: AStudentCode
    enrolment: EnrolmentId
    before: Seating
    after: Seating


class BringPlacements(Command):
    """Bring these rows of an upload: each student as a whole or not at all, and never over a newer change."""

    type = "portal.placements.bring.v1"
    permission = Permission.CHANGE_DESKTOP
    senders = parties(Party.DESKTOP)
    receivers = parties(Party.PORTAL)

    upload: UUID
    part: int
    project: ProjectId
    requested_by: UserCode
    rows: Annotated[list[UploadRow], Field(min_length=1, max_length=200)]


class BroughtRow(Part):
    """`now` is what the portal has for this enrolment after all; None when that is gone."""

    student: AStudentCode
    enrolment: EnrolmentId
    result: UploadResult
    code: RefusalCode | None = None
    """Why it was refused, as over HTTP: `departure_running`, `not_found`, `group_full`, …"""
    now: Seating | None = None


class PlacementsBrought(Fact):
    """What became of each row of a part of an upload."""

    type = "portal.placements.brought.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.DESKTOP)

    upload: UUID
    part: int
    rows: list[BroughtRow]
    at: AwareDatetime


class PlacementsFailed(Failed):
    """A part of an upload lies parked at the portal: an operator must look."""

    type = "portal.placements.failed.v1"
    senders = parties(Party.PORTAL)

    upload: UUID
    part: int
