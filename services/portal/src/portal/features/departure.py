"""A student leaves school (leerling gaat van school; domain.md story 1).

The handbook: delete the enrolment in the running project, archive the user, do not forget the prognosis,
and take the change over in the desktop. Here it is one act with four steps, each a command of its own:

    request_departures ──▶ RemoveEnrolments   ──▶ EnrolmentsRemoved ─┐
                       ├─▶ RemovePrognoses    ──▶ PrognosesRemoved  ─┤ record_results
                       ├─▶ ArchiveAccount     ──▶ AccountArchived   ─┤ ──▶ completed
                       └─▶ DeleteStudent      ──▶ StudentDeleted    ─┘ (StudentAwaited: not yet)

What is sent: departure_commands.py; what comes back: departure_results.py.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from portal.errors import ThresholdExceeded
from portal.features.departure_commands import commands_of
from portal.features.departure_outlook import Outlook, Sight, Wish, outlooks_in, sight_of
from portal.features.history import note_departure
from portal.models.departure import Departure
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.commands import RequestDeparture
from shared.contracts.facts import DepartureRequested
from shared.contracts.ids import StudentCode, UserCode
from shared.ids import new_id
from shared.runtime.access import Scope


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
        note_departure(uow, departure, requested_by, because)
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
