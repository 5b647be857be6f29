"""Taking a departure back: undo it within the window, or call off a planned one.

What each step removed comes back under its own ids, from what that step remembered. A piece that no longer
fits is left over, for a person; the step is undone all the same. Old tokens stay dead.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from portal.errors import UnknownDepartures
from portal.features.departure_commands import commands_of
from portal.features.history import note_departure
from portal.models.departure import Departure
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.facts import DepartureCancelled
from shared.contracts.ids import DepartureId, UserCode
from shared.contracts.values import Step
from shared.errors import NotFound, Refusal
from shared.runtime.access import Scope


async def undo_departure(
    uow: PortalUnitOfWork, departure_id: DepartureId, scope: Scope, window: timedelta
) -> Departure:
    """Take it back.

    Raises NotFound, DepartureScheduled, DepartureRunning, AlreadyUndone, LaterDeparture, UndoWindowOver.
    """
    departure = await uow.departures.lock_one(departure_id, scope)
    of_student = await uow.departures.of_students([departure.student_code])
    departure.undo(UserCode(uow.origin.actor), clock.now(), window, of_student[departure.student_code])
    await uow.departures.flush()
    note_departure(uow, departure)
    uow.publish(*commands_of(departure, departure.sent_steps))
    uow.record("departure.undo", "departure", [departure.id])
    return departure


async def undo_departures(
    uow: PortalUnitOfWork,
    scope: Scope,
    window: timedelta,
    *,
    batch: UUID | None = None,
    departures: Collection[DepartureId] = (),
) -> tuple[list[Departure], list[tuple[Departure, Refusal]]]:
    """Take back a batch, or these departures: each that can be; returns them, and the others with why not.

    Raises NotFound when the batch is unknown, UnknownDepartures when one of the list is.
    """
    found = await uow.departures.lock_within(scope, batch=batch, ids=departures)
    if batch is not None and not found:
        raise NotFound
    if unknown := sorted(set(departures) - {departure.id for departure in found}):
        raise UnknownDepartures(departures=[str(one) for one in unknown])
    of_student = await uow.departures.of_students({departure.student_code for departure in found})
    undone, refused, now = [], list[tuple[Departure, Refusal]](), clock.now()
    by = UserCode(uow.origin.actor)
    for departure in found:
        try:
            departure.undo(by, now, window, of_student[departure.student_code])
        except Refusal as refusal:
            refused.append((departure, refusal))
        else:
            undone.append(departure)
            note_departure(uow, departure)
            uow.publish(*commands_of(departure, departure.sent_steps))
    await uow.departures.flush()
    uow.record("departure.undo", "departure", [departure.id for departure in undone])
    return undone, refused


async def cancel_departure(uow: PortalUnitOfWork, departure_id: DepartureId, scope: Scope) -> Departure:
    """Call it off. Raises NotFound, DepartureRunning, AlreadyDeparted, AlreadyUndone."""
    departure = await uow.departures.lock_one(departure_id, scope)
    if departure.cancel(UserCode(uow.origin.actor), clock.now()):
        note_departure(uow, departure)
        uow.publish(*commands_of(departure, departure.sent_steps))
        uow.publish(
            DepartureCancelled(
                departure=departure.id,
                student=departure.student_code,
                school=departure.school_id,
                at=clock.now(),
            )
        )
        uow.record("departure.cancel", "departure", [departure.id])
    return departure


async def retry_step(uow: PortalUnitOfWork, departure_id: DepartureId, scope: Scope, step: Step) -> Departure:
    """Send the command of one step again, now. Raises NotFound, StepNotOpen."""
    departure = await uow.departures.lock_one(departure_id, scope)
    departure.send_again(step, clock.now())
    uow.publish(*commands_of(departure, [step]))
    uow.record("departure.retry", "departure", [departure.id], fields=[step])
    return departure
