"""What people forgot is put right: the rest of the student goes too, as a departure.

Only a ghost in the desktop of somebody who is still enrolled at that school does not leave: he is cleared
from that one project. A student leaves one school at a time: elsewhere his ghosts are cleared, and what else
is left of him there is listed still.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.errors import NotLeftOver
from portal.features.departure import begin_departures, refuse_too_many
from portal.features.departure_outlook import Wish, outlook_at
from portal.features.history import note_change
from portal.models.departure import Departure
from portal.models.history_entry import HistoryWhat, Place
from portal.models.leftover import Leftover, Pick
from portal.models.student import Enrolment, Student
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.commands import ClearStudent
from shared.contracts.ids import DepartureId, ProjectId, StudentCode, UserCode
from shared.contracts.values import DepartureReason, PrognosisPolicy
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class Repair:
    """What is done about one leftover: he leaves, or is cleared from a project of this branch."""

    pick: Pick
    departure: DepartureId | None = None
    project: ProjectId | None = None
    place: Place | None = None


async def repair_leftovers(  # noqa: PLR0913 - what was picked, by whom, and what he confirmed
    uow: PortalUnitOfWork,
    picks: Sequence[Pick],
    scope: Scope,
    *,
    requested_by: UserCode,
    threshold: int,
    threshold_confirmed: bool,
) -> tuple[UUID | None, list[Repair]]:
    """Repair all of what was picked, or nothing; the batch, if anybody leaves, and what is done.

    Raises ThresholdExceeded, NotLeftOver.
    """
    codes = {pick.student for pick in picks}
    if not threshold_confirmed:
        refuse_too_many(codes, threshold)
    students = await uow.students.lock(codes)
    leftovers = await uow.leftovers.of(students, scope)
    meant = {pick: [one for one in leftovers if pick.means(one)] for pick in picks}
    if gone := [pick for pick, found in meant.items() if not found]:
        raise NotLeftOver(items=[_named(pick) for pick in gone])
    live = await uow.enrolments.of(students, since=clock.school_year_of(clock.today()))
    leaving = _leaving((one for found in meant.values() for one in found), students, live)
    batch, departures = _let_leave(uow, leaving, students, live, requested_by)
    await uow.departures.flush()
    repairs = []
    for pick, found in meant.items():
        departure = departures.get(pick.student)
        elsewhere = [one for one in found if not departure or one.school != departure.school_id]
        if departure and len(elsewhere) < len(found):
            repairs.append(Repair(pick, departure=departure.id))
        for one in elsewhere:
            picked = [project for project in one.projects if pick.project in (None, project)]
            place = Place(one.school, one.branch)
            repairs += [Repair(pick, project=project, place=place) for project in picked]
    _clear(uow, repairs, requested_by)
    return batch, repairs


def _leaving(
    meant: Iterable[Leftover],
    students: Mapping[StudentCode, Student],
    live: Mapping[StudentCode, list[Enrolment]],
) -> dict[StudentCode, Leftover]:
    """Who is to leave, and from where: not for a ghost if there is more, and his own school first."""
    leaving: dict[StudentCode, Leftover] = {}
    at_home_last = sorted(
        meant, key=lambda one: (not one.is_ghost, one.school == students[one.student].school_id)
    )
    for one in at_home_last:
        if not (one.is_ghost and any(enrolment.school_id == one.school for enrolment in live[one.student])):
            leaving[one.student] = one
    return leaving


def _let_leave(
    uow: PortalUnitOfWork,
    leaving: Mapping[StudentCode, Leftover],
    students: Mapping[StudentCode, Student],
    live: Mapping[StudentCode, list[Enrolment]],
    requested_by: UserCode,
) -> tuple[UUID | None, dict[StudentCode, Departure]]:
    """A departure of each, today. One who departed before may do so again: something of him is left."""
    if not leaving:
        return None, {}
    wish = Wish(
        students=list(leaving),
        leaves_on=None,
        reason=DepartureReason.LEFT,
        prognoses=PrognosisPolicy.REMOVE,
    )
    outlooks = [
        outlook_at(wish, students[code], one.school, one.branch, live[code]) for code, one in leaving.items()
    ]
    batch, departures = begin_departures(uow, wish, outlooks, requested_by)
    return batch, {departure.student_code: departure for departure in departures}


def _clear(uow: PortalUnitOfWork, repairs: Sequence[Repair], requested_by: UserCode) -> None:
    ghosts = {
        (one.pick.student, one.project): one.place for one in repairs if one.project is not None and one.place
    }
    now = clock.now()
    uow.publish(
        *(
            ClearStudent(student=student, project=project, as_of=now, requested_by=requested_by)
            for student, project in sorted(ghosts)
        )
    )
    for (student, project), place in sorted(ghosts.items()):
        after = {"project": project, "present": False}
        note_change(uow, student, HistoryWhat.DESKTOP, place, after=after)
    uow.record("student.clear", "student", [student for student, _ in sorted(ghosts)])


def _named(pick: Pick) -> dict[str, object]:
    return {"kind": pick.kind, "student": pick.student, "project": pick.project}
