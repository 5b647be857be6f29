"""A student leaves school (leerling gaat van school; domain.md story 1).

The handbook: delete the enrolment in the running project, archive the user, do not forget the prognosis,
and take the change over in the desktop. Here it is one act with four steps, each a command of its own:

    request_departures ──▶ RemoveEnrolments   ──▶ EnrolmentsRemoved ─┐
                       ├─▶ RemovePrognoses    ──▶ PrognosesRemoved  ─┤ record_results
                       ├─▶ ArchiveAccount     ──▶ AccountArchived   ─┤ ──▶ completed
                       └─▶ DeleteStudent      ──▶ StudentDeleted    ─┘
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.errors import (
    AlreadyDeparted,
    DepartureRunning,
    DepartureScheduled,
    NotPlannable,
    SchoolUndecided,
    ThresholdExceeded,
    UnknownStudents,
)
from portal.models.departure import Departure, kept_steps
from portal.models.student import Enrolment, Student
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.commands import (
    ArchiveAccount,
    DeleteStudent,
    RemoveEnrolments,
    RemovePrognoses,
    StepCommand,
)
from shared.contracts.facts import (
    AccountArchived,
    DepartureCompleted,
    DepartureRequested,
    EnrolmentsRemoved,
    PrognosesRemoved,
    StudentDeleted,
)
from shared.contracts.ids import SchoolId, StudentCode, UserCode
from shared.contracts.values import (
    DepartureReason,
    DepartureState,
    EnrolmentKind,
    PrognosisPolicy,
    Step,
)
from shared.errors import Refusal
from shared.ids import new_id
from shared.runtime.access import Scope

StepResult = EnrolmentsRemoved | PrognosesRemoved | AccountArchived | StudentDeleted


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for some students."""

    students: Sequence[StudentCode]
    leaves_on: date | None
    reason: DepartureReason
    prognoses: PrognosisPolicy
    school: SchoolId | None = None

    @property
    def last_day(self) -> date:
        """Without a date the student leaves today."""
        return self.leaves_on or clock.today()

    @property
    def school_year(self) -> int:
        """The year that decides what is an enrolment and what a prognosis."""
        return clock.school_year_of(self.last_day)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a departure would do in the portal, or why it is refused."""

    student: Student
    school: SchoolId | None
    enrolments: list[Enrolment]
    prognoses: list[Enrolment]
    kept: dict[Step, str]
    refusal: Refusal | None


async def preview_departures(uow: PortalUnitOfWork, wish: Wish, scope: Scope) -> list[Outlook]:
    """What would happen to each student; changes nothing. Raises UnknownStudents, NotPlannable."""
    students, live, latest = await _look_at(uow, wish, scope)
    return [_outlook(wish, student, live[code], latest.get(code)) for code, student in students.items()]


async def request_departures(  # noqa: PLR0913 - the wish, who has it, and what he confirmed
    uow: PortalUnitOfWork,
    wish: Wish,
    scope: Scope,
    *,
    requested_by: UserCode,
    threshold: int,
    threshold_confirmed: bool,
) -> tuple[UUID, list[Departure]]:
    """Begin a departure of each student: all of the list, or nothing of it. Returns the batch and its items.

    Raises ThresholdExceeded, NotPlannable, UnknownStudents, SchoolUndecided, AlreadyDeparted,
    DepartureRunning, DepartureScheduled.
    """
    if len(set(wish.students)) > threshold and not threshold_confirmed:
        raise ThresholdExceeded(students=len(set(wish.students)), threshold=threshold)
    students, live, latest = await _look_at(uow, wish, scope)
    batch, now = new_id(), clock.now()
    departures = []
    for code, student in students.items():
        outlook = _outlook(wish, student, live[code], latest.get(code))
        if outlook.refusal:
            raise outlook.refusal
        assert outlook.school is not None  # noqa: S101 - without a refusal the school is decided
        departures.append(
            Departure.begin(
                student,
                live[code],
                batch=batch,
                school=outlook.school,
                school_year=wish.school_year,
                leaves_on=wish.last_day,
                reason=wish.reason,
                prognoses=wish.prognoses,
                requested_by=requested_by,
                now=now,
            )
        )
    uow.departures.add(departures)
    for departure in departures:
        uow.publish(*commands_of(departure))
        uow.publish(
            DepartureRequested(
                departure=departure.id,
                student=departure.student_code,
                school=departure.school_id,
                reason=departure.reason,
                at=now,
            )
        )
    uow.record(
        "departure.request", "departure", [departure.id for departure in departures], reason=wish.reason
    )
    return batch, departures


def commands_of(departure: Departure) -> list[StepCommand]:
    """The commands of the steps whose work is to be done."""
    common = {
        "departure": departure.id,
        "epoch": departure.epoch,
        "student": departure.student_code,
        "school": departure.school_id,
        "requested_by": departure.requested_by,
    }
    year = {"school_year": departure.school_year}
    keep_later = departure.prognoses is PrognosisPolicy.KEEP
    commands: dict[Step, StepCommand] = {
        Step.ENROLMENTS: RemoveEnrolments.model_validate(common | year),
        Step.PROGNOSES: RemovePrognoses.model_validate(common | year),
        Step.ACCOUNT: ArchiveAccount.model_validate(common),
        Step.DESKTOP: DeleteStudent.model_validate(common | year | {"keep_later": keep_later}),
    }
    return [commands[step] for step in departure.sent_steps]


async def record_results(uow: PortalUnitOfWork, facts: Sequence[StepResult]) -> None:
    """Note what the steps did; the departure is completed when all four are done or kept."""
    departures = await uow.departures.lock({fact.departure for fact in facts if fact.departure is not None})
    for fact in facts:
        departure = departures.get(fact.departure) if fact.departure is not None else None
        if departure is None or fact.epoch is None:
            continue  # an archival on its own, or a departure erased since
        step, removed = _result_of(fact)
        changed = departure.record(step, fact.epoch, removed, fact.at)
        if changed and departure.state is DepartureState.COMPLETED:
            uow.publish(
                DepartureCompleted(
                    departure=departure.id,
                    student=departure.student_code,
                    school=departure.school_id,
                    at=fact.at,
                ),
                because=fact,
            )


def _result_of(fact: StepResult) -> tuple[Step, dict[str, object]]:
    match fact:
        case EnrolmentsRemoved() | PrognosesRemoved():
            return fact.step, {"enrolments": fact.removed}
        case StudentDeleted():
            return fact.step, {"projects": fact.projects, "placements": fact.placements}
        case AccountArchived():
            return Step.ACCOUNT, {"account": fact.changed}


async def _look_at(
    uow: PortalUnitOfWork, wish: Wish, scope: Scope
) -> tuple[dict[StudentCode, Student], dict[StudentCode, list[Enrolment]], dict[StudentCode, Departure]]:
    if wish.last_day > clock.today():
        raise NotPlannable
    students = await uow.students.lock(set(wish.students), scope)
    unknown = sorted(set(wish.students) - students.keys())
    if unknown:
        raise UnknownStudents(students=unknown)
    live = await uow.enrolments.of(students, since=wish.school_year)
    return students, live, await uow.departures.latest_of(students)


def _outlook(wish: Wish, student: Student, live: list[Enrolment], latest: Departure | None) -> Outlook:
    schools = sorted({e.school_id for e in live if e.kind_in(wish.school_year) is EnrolmentKind.ENROLMENT})
    school = wish.school or (student.school_id if not schools else schools[0] if len(schools) == 1 else None)
    here = [enrolment for enrolment in live if enrolment.school_id == school]
    return Outlook(
        student=student,
        school=school,
        enrolments=[e for e in here if e.kind_in(wish.school_year) is EnrolmentKind.ENROLMENT],
        prognoses=[e for e in here if e.kind_in(wish.school_year) is EnrolmentKind.PROGNOSIS],
        kept=kept_steps(school, wish.prognoses, live) if school else {},
        refusal=_refusal(student, school, schools, here, latest),
    )


def _refusal(
    student: Student,
    school: SchoolId | None,
    schools: list[SchoolId],
    here: list[Enrolment],
    latest: Departure | None,
) -> Refusal | None:
    if latest and latest.state is DepartureState.SCHEDULED:
        return DepartureScheduled(student=student.code, departure=str(latest.id))
    if latest and latest.is_locking:
        return DepartureRunning(student=student.code, departure=str(latest.id))
    if school is None:
        return SchoolUndecided(student=student.code, schools=schools)
    if latest and latest.state is DepartureState.COMPLETED and latest.school_id == school and not here:
        return AlreadyDeparted(student=student.code, departure=str(latest.id))
    return None
