"""A student leaves school (leerling gaat van school; domain.md story 1).

The handbook: delete the enrolment in the running project, archive the user, do not forget the prognosis,
and take the change over in the desktop. Here it is one act with four steps, each a command of its own:

    request_departures ──▶ RemoveEnrolments   ──▶ EnrolmentsRemoved ─┐
                       ├─▶ RemovePrognoses    ──▶ PrognosesRemoved  ─┤ record_results
                       ├─▶ ArchiveAccount     ──▶ AccountArchived   ─┤ ──▶ completed
                       └─▶ DeleteStudent      ──▶ StudentDeleted    ─┘ (StudentAwaited: not yet)
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from portal.errors import ThresholdExceeded
from portal.features.departure_commands import commands_of
from portal.features.departure_outlook import Outlook, Sight, Wish, outlooks_in, sight_of
from portal.features.freed_groups import freed_by
from portal.models.departure import Departure
from portal.models.departure_step import StepTold
from portal.models.departure_table import Event
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.commands import RequestDeparture
from shared.contracts.facts import (
    AccountArchived,
    DepartureCompleted,
    DepartureRequested,
    EnrolmentsRemoved,
    PrognosesRemoved,
    StepGivenUp,
    StudentAwaited,
    StudentDeleted,
)
from shared.contracts.ids import StudentCode, UserCode
from shared.contracts.values import DepartureState, Step
from shared.ids import new_id
from shared.runtime.access import Scope

StepResult = EnrolmentsRemoved | PrognosesRemoved | AccountArchived | StudentDeleted


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

    Raises ThresholdExceeded, LeavesTooLate, UnknownStudents, SchoolUndecided, AlreadyDeparted,
    DepartureRunning, DepartureScheduled.
    """
    if not threshold_confirmed:
        refuse_too_many(set(wish.students), threshold)
    sight = await sight_of(uow, set(wish.students), scope)
    begun = request_in_sight(uow, wish, sight, requested_by)
    await uow.departures.flush()
    return begun


def request_in_sight(
    uow: PortalUnitOfWork,
    wish: Wish,
    sight: Sight,
    requested_by: UserCode,
    because: RequestDeparture | None = None,
) -> tuple[UUID, list[Departure]]:
    """The same among students that have been looked up, and locked; the next wish sees what this one did.

    `because` is the message that asked, when it was one. A refusal comes before anything is changed.
    """
    outlooks = outlooks_in(sight, wish)
    for outlook in outlooks:
        if outlook.refusal:
            raise outlook.refusal
    batch, departures = begin_departures(uow, wish, outlooks, requested_by, because)
    for departure in departures:
        sight.earlier[departure.student_code].insert(0, departure)
    return batch, departures


def refuse_too_many(students: Collection[StudentCode], threshold: int) -> None:
    """A mistaken bulk is stopped until it is confirmed. Raises ThresholdExceeded."""
    if len(students) > threshold:
        raise ThresholdExceeded(students=len(students), threshold=threshold)


def begin_departures(
    uow: PortalUnitOfWork,
    wish: Wish,
    outlooks: Sequence[Outlook],
    requested_by: UserCode,
    because: RequestDeparture | None = None,
) -> tuple[UUID, list[Departure]]:
    """Begin a departure of each of these, of whom none is refused. Returns the batch and its items."""
    batch, now = new_id(), clock.now()
    departures = []
    for outlook in outlooks:
        if outlook.school is None:
            continue  # never: without a refusal it is decided
        departure = Departure.request(
            outlook.student.code,
            school=outlook.school,
            branch=outlook.branch,
            batch=batch,
            school_year=wish.school_year,
            leaves_on=wish.last_day,
            due_at=clock.due_after(wish.last_day) if wish.last_day > clock.today() else now,
            reason=wish.reason,
            prognoses=wish.prognoses,
            guardians=wish.guardians,
            requested_by=requested_by,
            now=now,
        )
        begun = departure.sent_steps
        if departure.due_at <= now:
            begun += departure.run(outlook.kept, now)
        departures.append(departure)
        uow.publish(*commands_of(departure, begun), _requested(departure), because=because)
    uow.departures.add(departures)
    uow.record(
        "departure.request",
        "departure",
        [departure.id for departure in departures],
        reason=wish.reason,
        because=because,
    )
    return batch, departures


async def record_results(uow: PortalUnitOfWork, facts: Sequence[StepResult]) -> None:
    """Note what the steps did; the departure is completed when all four are done or kept."""
    departures = await uow.departures.lock({fact.departure for fact in facts if fact.departure is not None})
    completed: list[tuple[Departure, StepResult]] = []
    for fact in facts:
        departure = departures.get(fact.departure) if fact.departure is not None else None
        if departure is None or fact.epoch is None:
            continue  # an archival on its own, or a departure erased since
        step, removed = _result_of(fact)
        changed = departure.record(Event.REMOVED, step, fact.epoch, StepTold(removed=removed), fact.at)
        if changed and departure.state is DepartureState.COMPLETED:
            completed.append((departure, fact))
    freed = await freed_by(uow, [departure.id for departure, _ in completed])
    for departure, fact in completed:
        uow.publish(
            DepartureCompleted(
                departure=departure.id,
                student=departure.student_code,
                school=departure.school_id,
                branch=departure.branch_id,
                leaves_on=departure.leaves_on,
                reason=departure.reason,
                freed=freed.get(departure.id, []),
                at=fact.at,
            ),
            because=fact,
        )


async def record_awaited(uow: PortalUnitOfWork, facts: Sequence[StudentAwaited]) -> None:
    """The desktop's step waits in the data check for a timetabler: no answer is to be expected soon."""
    departures = await uow.departures.lock({fact.departure for fact in facts})
    for fact in facts:
        if departure := departures.get(fact.departure):
            departure.record(Event.AWAITED, fact.step, fact.epoch, StepTold(), fact.at)


async def record_failures(uow: PortalUnitOfWork, facts: Sequence[StepGivenUp]) -> None:
    """A step failed at its worker: its message is parked there, and the step waits for a person's retry."""
    departures = await uow.departures.lock({fact.departure for fact in facts})
    for fact in facts:
        if departure := departures.get(fact.departure):
            departure.record(Event.FAILED, fact.step, fact.epoch, StepTold(error=fact.error), fact.at)


def _result_of(fact: StepResult) -> tuple[Step, dict[str, object]]:
    match fact:
        case EnrolmentsRemoved() | PrognosesRemoved():
            return fact.step, {"enrolments": fact.removed}
        case StudentDeleted():
            return fact.step, {"projects": fact.projects, "placements": fact.placements}
        case AccountArchived():
            went_along = {"guardians": fact.guardians} if fact.guardians else {}
            return Step.ACCOUNT, {"account": fact.changed, **went_along}


def _requested(departure: Departure) -> DepartureRequested:
    return DepartureRequested(
        departure=departure.id,
        student=departure.student_code,
        school=departure.school_id,
        reason=departure.reason,
        at=departure.requested_at,
        batch=departure.batch,
        leaves_on=departure.leaves_on,
    )
