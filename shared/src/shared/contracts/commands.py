"""Commands: what one service must do. Student codes and ids only, never a name.

A command of a departure's step may arrive more than once: the same (departure, epoch) is answered again.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from shared.contracts.ids import AStudentCode, DepartureId, ProjectId, SchoolId, UserCode
from shared.contracts.message import Command, parties
from shared.contracts.rights import Permission
from shared.contracts.values import DepartureReason, GuardianPolicy, Party, PrognosisPolicy, Step

MOST_STUDENTS = 2000
"""In one request."""


class RequestDeparture(Command):
    """Let students leave: all of the list, or nothing of it; the queue's door to `POST /departures`.

    The RabbitMQ user that sent it is who asks, and what he may is a setting of the portal. Each student is
    answered with `DepartureRequested`; what is refused with one `DepartureRefused`.
    """

    type = "portal.departure.request.v1"
    permission = Permission.DEPART
    senders = parties(Party.AUTOMATION)
    receivers = parties(Party.PORTAL)

    students: Annotated[list[AStudentCode], Field(min_length=1, max_length=MOST_STUDENTS)]
    leaves_on: date | None = None
    reason: DepartureReason
    prognoses: PrognosisPolicy = PrognosisPolicy.REMOVE
    guardians: GuardianPolicy = GuardianPolicy.KEEP
    confirm_threshold: bool = False
    school: SchoolId | None = None


class StepCommand(Command):
    """Work of one step of a departure, on one student."""

    permission = Permission.DEPART
    senders = parties(Party.PORTAL)
    step: ClassVar[Step]

    departure: DepartureId
    epoch: int
    student: AStudentCode
    school: SchoolId
    requested_by: UserCode


class RemovalCommand(StepCommand):
    """Removes by school year: `school_year` is that of the last day at school.

    What is of a year before `history_before`, the year in which the departure was requested, is history and
    stays.
    """

    school_year: int
    history_before: int = 0


class RemoveEnrolments(RemovalCommand):
    """Remove the student's enrolments in the project of `school` and `school_year`."""

    type = "portal.enrolments.remove.v1"
    receivers = parties(Party.PORTAL)
    step = Step.ENROLMENTS

    leaves_on: date | None = None
    reason: DepartureReason = DepartureReason.LEFT
    """Who never came leaves no enrolment history behind."""


class RemovePrognoses(RemovalCommand):
    """Remove the student's enrolments in projects of `school` later than `school_year`."""

    type = "portal.prognoses.remove.v1"
    receivers = parties(Party.PORTAL)
    step = Step.PROGNOSES


class ArchiveAccount(StepCommand):
    """Archive the user: no login, no session, no token from this moment on.

    With `guardians: archive` also his guardians who have no other active child.
    """

    type = "users.account.archive.v1"
    receivers = parties(Party.USERS)
    step = Step.ACCOUNT

    guardians: GuardianPolicy = GuardianPolicy.KEEP


class DeleteStudent(RemovalCommand):
    """Delete the student and his placements from the desktop projects of `school`.

    From `school_year` on; with `keep_later` only that year's project (a prognosis was kept).
    """

    type = "desktop.student.delete.v1"
    receivers = parties(Party.DESKTOP)
    step = Step.DESKTOP

    keep_later: bool = False


class ClearStudent(Command):
    """Delete a ghost: a student in a desktop project who is not enrolled there any more, `as_of` a moment."""

    type = "desktop.student.clear.v1"
    permission = Permission.DEPART
    senders = parties(Party.PORTAL)
    receivers = parties(Party.DESKTOP)

    student: AStudentCode
    project: ProjectId
    as_of: AwareDatetime
    requested_by: UserCode


class RestoreEnrolments(StepCommand):
    """Undo `RemoveEnrolments`: bring back, under the same ids, what this departure removed."""

    type = "portal.enrolments.restore.v1"
    receivers = parties(Party.PORTAL)
    step = Step.ENROLMENTS


class RestorePrognoses(StepCommand):
    """Undo `RemovePrognoses`."""

    type = "portal.prognoses.restore.v1"
    receivers = parties(Party.PORTAL)
    step = Step.PROGNOSES


class RestoreAccount(StepCommand):
    """Undo `ArchiveAccount`, if this departure archived it: he may log in again, with new tokens."""

    type = "users.account.restore.v1"
    receivers = parties(Party.USERS)
    step = Step.ACCOUNT


class RestoreStudent(StepCommand):
    """Undo `DeleteStudent`: the student and his placements, as far as they still fit."""

    type = "desktop.student.restore.v1"
    receivers = parties(Party.DESKTOP)
    step = Step.DESKTOP
