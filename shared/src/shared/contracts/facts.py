"""Facts: what happened, owned by the service that did it."""

from datetime import UTC, date, datetime
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts.commands import StepCommand
from shared.contracts.ids import (
    AStudentCode,
    BranchId,
    DepartmentId,
    DepartureId,
    EnrolmentId,
    GroupId,
    ProjectId,
    SchoolId,
    UserCode,
)
from shared.contracts.message import Fact, parties
from shared.contracts.values import DepartureReason, DeskAct, Party, Step, UserKind, WhyLeftOver


class Part(BaseModel):
    """A piece of a message's body."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class StepDone(Fact):
    """The result of one step; a repeated command is answered with the same result in a new message."""

    step: ClassVar[Step]
    receivers = parties(Party.PORTAL)

    departure: DepartureId
    epoch: int
    student: AStudentCode
    at: AwareDatetime


class EnrolmentsRemoved(StepDone):
    """The portal removed these enrolments of the school year, with memberships, home class and package."""

    type = "portal.enrolments.removed.v1"
    senders = parties(Party.PORTAL)
    step = Step.ENROLMENTS

    removed: list[EnrolmentId]


class PrognosesRemoved(StepDone):
    """The portal removed these enrolments of later school years."""

    type = "portal.prognoses.removed.v1"
    senders = parties(Party.PORTAL)
    step = Step.PROGNOSES

    removed: list[EnrolmentId]


class StudentDeleted(StepDone):
    """The desktop deleted the student and so many placements from these projects."""

    type = "desktop.student.deleted.v1"
    senders = parties(Party.DESKTOP)
    step = Step.DESKTOP

    projects: list[ProjectId]
    placements: int


class StudentAwaited(StepDone):
    """These projects ask first: the student waits in their data check until a timetabler takes it over."""

    type = "desktop.student.awaited.v1"
    senders = parties(Party.DESKTOP)
    step = Step.DESKTOP

    projects: list[ProjectId]


class Difference(Part):
    """One thing that changed in his placements, by codes: "home_class", "group:wisA", "subject:ak"."""

    what: Annotated[str, Field(pattern=r"^[a-z_]+(:[!-~]{1,80})?$")]
    before: Annotated[str, Field(max_length=64)] | None
    after: Annotated[str, Field(max_length=64)] | None


class DeskChange(Part):
    """What somebody at the desktop changed of a student, for his history."""

    act: DeskAct
    by: UserCode
    differences: list[Difference]
    reason: Annotated[str, Field(max_length=200)] | None = None


class StudentListed(Fact):
    """How a student stands in a desktop project now, or that he does not; the newest `revision` wins.

    `unplaced` are the subjects for which he has no lesson group; `change` is by what he came to stand so,
    where somebody at the desktop did that.
    """

    type = "desktop.student.listed.v1"
    senders = parties(Party.DESKTOP)
    receivers = parties(Party.PORTAL)

    student: AStudentCode
    project: ProjectId
    school: SchoolId
    school_year: int
    branch: BranchId
    revision: int
    present: bool
    department: DepartmentId | None = None
    home_class: GroupId | None = None
    unplaced: list[Annotated[str, Field(max_length=64)]] = Field(default_factory=list)
    change: DeskChange | None = None
    at: AwareDatetime | None = None


class LeftOver(Part):
    """A piece that an undo could not bring back: its kind and code or id ("group:17"), and why."""

    what: Annotated[str, Field(pattern=r"^[a-z_]+:[!-~]{1,80}$")]
    why: WhyLeftOver


class StepUndone(Fact):
    """What an undo brought back in one step; what is left over is left for a person."""

    step: ClassVar[Step]
    receivers = parties(Party.PORTAL)

    departure: DepartureId
    epoch: int
    student: AStudentCode
    at: AwareDatetime
    left_over: list[LeftOver] = Field(default_factory=list)


class EnrolmentsRestored(StepUndone):
    """The portal brought back these enrolments, under their own ids."""

    type = "portal.enrolments.restored.v1"
    senders = parties(Party.PORTAL)
    step = Step.ENROLMENTS

    restored: list[EnrolmentId]


class PrognosesRestored(StepUndone):
    """The portal brought back these enrolments of later school years."""

    type = "portal.prognoses.restored.v1"
    senders = parties(Party.PORTAL)
    step = Step.PROGNOSES

    restored: list[EnrolmentId]


class StudentRestored(StepUndone):
    """The desktop brought the student and so many placements back into these projects."""

    type = "desktop.student.restored.v1"
    senders = parties(Party.DESKTOP)
    step = Step.DESKTOP

    projects: list[ProjectId]
    placements: int


class StepGivenUp(Fact):
    """A step's command failed for good: it lies parked at its worker, and a person must look.

    `error` is a refusal's code or the name of an error, never its text.
    """

    receivers = parties(Party.PORTAL)

    departure: DepartureId
    epoch: int
    student: AStudentCode
    step: Step
    error: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,80}$")]
    at: AwareDatetime

    @classmethod
    def of(cls, command: StepCommand, error: str) -> Self:
        """What is said of a command that was given up just now."""
        return cls(
            departure=command.departure,
            epoch=command.epoch,
            student=command.student,
            step=command.step,
            error=error,
            at=datetime.now(UTC),
        )


class EnrolmentsFailed(StepGivenUp):
    """The portal could not remove or bring back enrolments or prognoses."""

    type = "portal.enrolments.failed.v1"
    senders = parties(Party.PORTAL)


class AccountFailed(StepGivenUp):
    """Users could not archive or restore the account."""

    type = "users.account.failed.v1"
    senders = parties(Party.USERS)


class StudentFailed(StepGivenUp):
    """The desktop could not delete the student or put him back."""

    type = "desktop.student.failed.v1"
    senders = parties(Party.DESKTOP)


class AccountArchived(Fact):
    """A user was archived; every token with an older session version is dead from now on.

    Said for a departure's step (departure, epoch) and for an archival on its own (both None). Order is by
    `version`, the person's. `changed` is False when the account was archived before.
    """

    type = "users.account.archived.v1"
    senders = parties(Party.USERS)
    receivers = parties(Party.PORTAL, Party.DESKTOP)

    user: UserCode
    version: int
    session_version: int
    at: AwareDatetime
    changed: bool = True
    by: UserCode | None = None
    departure: DepartureId | None = None
    epoch: int | None = None
    guardians: list[UserCode] = Field(default_factory=list)
    """Who was archived with him, for a departure that asked so."""


class AccountRestored(Fact):
    """A user may log in again; tokens from before stay dead.

    Said for the undo of a departure's step (departure, epoch) and for a restore on its own (both None).
    `changed` is False when there was nothing to bring back.
    """

    type = "users.account.restored.v1"
    senders = parties(Party.USERS)
    receivers = parties(Party.PORTAL, Party.DESKTOP)

    user: UserCode
    version: int
    session_version: int
    at: AwareDatetime
    changed: bool = True
    by: UserCode | None = None
    departure: DepartureId | None = None
    epoch: int | None = None


class PersonChanged(Fact):
    """The whole person as users has it now; the newest `version` wins. The one fact with personal data."""

    type = "users.person.changed.v1"
    senders = parties(Party.USERS)
    receivers = parties(Party.PORTAL, Party.DESKTOP)
    personal = True

    user: UserCode
    version: int
    kind: UserKind
    given_name: str
    prefix: str
    family_name: str
    birth_date: str | None = None
    email: str | None = None
    street: str | None = None
    house_number: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    fields: list[str] = Field(default_factory=list)
    """Which of these changed, where this was said because of a change."""
    by: UserCode | None = None
    at: AwareDatetime | None = None


class PlacedEnrolment(Part):
    """One enrolment or prognosis as it stands now."""

    id: EnrolmentId
    project: ProjectId
    school: SchoolId
    school_year: int
    branch: BranchId
    department: DepartmentId
    home_class: GroupId | None
    groups: list[GroupId]


class StudentPlaced(Fact):
    """Where a student is in the portal, in full; the newest `version` wins.

    `school` and `branch` are those of his latest enrolment and stay when he has none left: his own office
    must still be able to find him.
    """

    type = "portal.student.placed.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.USERS)

    student: AStudentCode
    version: int
    school: SchoolId
    branch: BranchId
    enrolments: list[PlacedEnrolment]


class DepartureRequested(Fact):
    """A departure was accepted and its steps were sent."""

    type = "portal.departure.requested.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.PORTAL, Party.AUTOMATION)

    departure: DepartureId
    student: AStudentCode
    school: SchoolId
    reason: DepartureReason
    at: AwareDatetime
    batch: UUID | None = None
    leaves_on: date | None = None


class DepartureRefused(Fact):
    """A `RequestDeparture` was refused, and nothing of it happened; `code` is the one HTTP would give.

    `request` is the id of that message; `students` are those for whom it was refused.
    """

    type = "portal.departure.refused.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.PORTAL, Party.AUTOMATION)

    request: UUID
    code: Annotated[str, Field(pattern=r"^[a-z_]{1,60}$")]
    students: list[AStudentCode]
    departure: DepartureId | None = None
    """The one that stands in the way."""
    at: AwareDatetime


class FreedGroup(Part):
    """A group in which a student who left had a seat, and the codes of its mentor and teachers."""

    group: GroupId
    code: Annotated[str, Field(max_length=64)]
    is_home_class: bool
    staff: list[UserCode]


class DepartureCompleted(Fact):
    """All four steps are done (or were kept on purpose): nothing of the student is left.

    Users tells it by mail to the staff of the freed groups and to the timetablers of the branch.
    """

    type = "portal.departure.completed.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.PORTAL, Party.USERS, Party.AUTOMATION)

    departure: DepartureId
    student: AStudentCode
    school: SchoolId
    at: AwareDatetime
    branch: BranchId | None = None
    leaves_on: date | None = None
    reason: DepartureReason = DepartureReason.LEFT
    freed: list[FreedGroup] = Field(default_factory=list)


class DepartureUndone(Fact):
    """A departure was taken back; what no longer fitted stands in its steps."""

    type = "portal.departure.undone.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.PORTAL, Party.USERS, Party.AUTOMATION)

    departure: DepartureId
    student: AStudentCode
    school: SchoolId
    at: AwareDatetime


class DepartureCancelled(Fact):
    """A planned departure was called off before it was due."""

    type = "portal.departure.cancelled.v1"
    senders = parties(Party.PORTAL)
    receivers = parties(Party.PORTAL, Party.AUTOMATION)

    departure: DepartureId
    student: AStudentCode
    school: SchoolId
    at: AwareDatetime
