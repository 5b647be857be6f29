"""What time does to departures: planned ones become due, and unanswered commands are sent again."""

from collections import defaultdict
from datetime import timedelta

from portal.features.departure_commands import commands_of
from portal.models.departure import Departure, kept_steps
from portal.unit_of_work import PortalUnitOfWork
from shared import clock

AT_ONCE = 200


async def begin_due(uow: PortalUnitOfWork) -> int:
    """Let planned departures run whose day is over; returns how many. What to keep is judged anew today."""
    now = clock.now()
    departures = await uow.departures.lock_due(now, AT_ONCE)
    by_year: defaultdict[int, list[Departure]] = defaultdict(list)
    for departure in departures:
        by_year[departure.school_year].append(departure)
    for year, due in by_year.items():
        live = await uow.enrolments.of([departure.student_code for departure in due], since=year)
        for departure in due:
            kept = kept_steps(departure.school_id, departure.prognoses, live[departure.student_code])
            uow.publish(*commands_of(departure, departure.run(kept, now)))
    uow.record("departure.begin", "departure", [departure.id for departure in departures])
    return len(departures)


async def resend_unanswered(uow: PortalUnitOfWork, after: timedelta) -> int:
    """Send again what has had no answer for so long; the workers answer a repeat with the same result."""
    now = clock.now()
    departures = await uow.departures.lock_unanswered(now, after, AT_ONCE)
    for departure in departures:
        late = [step.step for step in departure.steps if step.is_late(now, after)]
        for step in late:
            departure.send_again(step, now)
        uow.publish(*commands_of(departure, late))
    return len(departures)
