"""Enrolment removal: the portal's first piece of a departure; by itself: enrolment_deletion.py.

The handbook: delete the enrolment (afdelingsdeelname) in the running project. That does not delete the
student; his account stays active. Memberships, home class and choice package hang on the enrolment and go.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from portal.errors import DepartureRunning
from portal.features.history import note_change, told_enrolment
from portal.features.placement import announce_placement
from portal.models.departure import Departure
from portal.models.departure_work import DepartureWork
from portal.models.ended_enrolment import EndedEnrolment
from portal.models.history_entry import HistoryWhat
from portal.models.student import Enrolment, Student
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.commands import RemoveEnrolments, RemovePrognoses
from shared.contracts.facts import EnrolmentsRemoved
from shared.contracts.ids import DepartureId, StudentCode
from shared.contracts.values import DepartureReason, EnrolmentKind

C = TypeVar("C", RemoveEnrolments, RemovePrognoses)


async def remove_enrolments(uow: PortalUnitOfWork, commands: Sequence[RemoveEnrolments]) -> None:
    """Remove the enrolments of the departures' school and year, and remember them."""
    for command, work in await remove_for_departures(uow, commands, EnrolmentKind.ENROLMENT):
        uow.publish(
            EnrolmentsRemoved(
                departure=command.departure,
                epoch=command.epoch,
                student=command.student,
                at=work.at,
                removed=work.removed,
            ),
            because=command,
        )


async def remove_for_departures(
    uow: PortalUnitOfWork, commands: Sequence[C], kind: EnrolmentKind
) -> list[tuple[C, DepartureWork]]:
    """Remove what is of this kind, for all students at once; a repeated command gets its first answer again.

    A command of an older epoch than what was done last is left unanswered: it was overtaken by an undo.
    """
    newest = {command.departure: command for command in sorted(commands, key=lambda c: c.epoch)}
    # Locked first: an undo of the same departure may be under way in another replica.
    students = await uow.students.lock({command.student for command in newest.values()})
    done = await uow.departures.work_of(newest, commands[0].step)
    to_do = [c for c in newest.values() if c.departure not in done or done[c.departure].epoch < c.epoch]
    if to_do:
        done |= await _remove(uow, to_do, kind, students)
    return [(c, done[c.departure]) for c in newest.values() if done[c.departure].epoch == c.epoch]


async def _remove(
    uow: PortalUnitOfWork,
    commands: Sequence[C],
    kind: EnrolmentKind,
    students: Mapping[StudentCode, Student],
) -> dict[DepartureId, DepartureWork]:
    now = clock.now()
    live = await uow.enrolments.of(students, since=min(c.school_year for c in commands))
    gone: list[Enrolment] = []
    works = []
    for command in commands:
        here = [
            enrolment
            for enrolment in live.get(command.student, ())
            if enrolment.school_id == command.school
            and enrolment.kind_in(command.school_year) is kind
            and enrolment.school_year >= command.history_before
        ]
        gone += here
        uow.ended_enrolments.add(_history(command, here))
        works.append(DepartureWork.of(command, now, here))
        uow.record(
            f"{kind}.remove",
            "enrolment",
            [enrolment.id for enrolment in here],
            on_behalf_of=command.requested_by,
            because=command,
        )
    await uow.departures.remember(works)
    if gone:
        await _note_gone(uow, commands, gone)
        await uow.enrolments.remove(gone)
        moved = {enrolment.student_code for enrolment in gone}
        for code in moved:
            students[code].settle([one for one in live[code] if one not in gone])
        await announce_placement(
            uow, [students[code] for code in moved], {command.student: command for command in commands}
        )
    return {work.departure_id: work for work in works}


async def _note_gone(uow: PortalUnitOfWork, commands: Sequence[C], gone: Sequence[Enrolment]) -> None:
    departments = await uow.structure.named_departments({one.department_id for one in gone})
    causes = {command.student: command for command in commands}
    for one in gone:
        cause = causes[one.student_code]
        note_change(
            uow,
            one.student_code,
            HistoryWhat.ENROLMENT_REMOVED,
            one,
            enrolment=one.id,
            before=told_enrolment(one, departments.get(one.department_id)),
            by=cause.requested_by,
            because=cause,
        )


def _history(command: RemoveEnrolments | RemovePrognoses, gone: Sequence[Enrolment]) -> list[EndedEnrolment]:
    """A prognosis has not begun, and who never came was not here: neither leaves history behind."""
    if not isinstance(command, RemoveEnrolments) or command.reason is DepartureReason.NEVER_CAME:
        return []
    last_day = command.leaves_on or clock.today()
    return [EndedEnrolment.of(one, last_day, command.reason, command.departure) for one in gone]


def refuse_while_departing(departures: Mapping[StudentCode, Sequence[Departure]]) -> None:
    """A running departure locks the student's placements. Raises DepartureRunning."""
    for departure in (one for of_student in departures.values() for one in of_student):
        if departure.is_locking:
            raise DepartureRunning(**departure.named)
