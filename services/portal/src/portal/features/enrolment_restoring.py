"""Bringing enrolments back, as an undo asks: the same ids, from what their removal remembered.

What no longer fits is left over: an enrolment whose department is gone or taken, a group that is gone or
full, a subject that is no longer offered.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from portal.features.history import note_change, told_enrolment
from portal.features.placement import announce_placement
from portal.models.departure_work import DepartureWork
from portal.models.history_entry import HistoryWhat
from portal.repositories.seats import Seats
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.commands import RestoreEnrolments, RestorePrognoses, StepCommand
from shared.contracts.facts import EnrolmentsRestored, LeftOver, PrognosesRestored
from shared.contracts.ids import DepartureId

C = TypeVar("C", RestoreEnrolments, RestorePrognoses)
F = TypeVar("F", EnrolmentsRestored, PrognosesRestored)


async def restore_enrolments(uow: PortalUnitOfWork, commands: Sequence[RestoreEnrolments]) -> None:
    """Bring back what the departures removed of their own year."""
    for command, work in await _restore_for_departures(uow, commands):
        uow.publish(_answer(EnrolmentsRestored, command, work), because=command)


async def restore_prognoses(uow: PortalUnitOfWork, commands: Sequence[RestorePrognoses]) -> None:
    """Bring back what the departures removed of later years."""
    for command, work in await _restore_for_departures(uow, commands):
        uow.publish(_answer(PrognosesRestored, command, work), because=command)


def _answer(fact: type[F], command: StepCommand, work: DepartureWork) -> F:
    return fact(
        departure=command.departure,
        epoch=command.epoch,
        student=command.student,
        at=work.at,
        restored=work.restored,
        left_over=[LeftOver.model_validate(piece) for piece in work.left_over or ()],
    )


async def _restore_for_departures(
    uow: PortalUnitOfWork, commands: Sequence[C]
) -> list[tuple[C, DepartureWork]]:
    """Restore for all students at once; a repeated command gets its first answer again.

    A restore that overtook its removal finds no work and leaves its epoch: the removal then comes too late.
    """
    newest = {command.departure: command for command in sorted(commands, key=lambda c: c.epoch)}
    # Locked first: a removal of the same student may be under way in another replica.
    students = await uow.students.lock({command.student for command in newest.values()})
    done = await uow.departures.work_of(newest, commands[0].step)
    to_do = [c for c in newest.values() if c.departure not in done or done[c.departure].epoch < c.epoch]
    memories = {c.departure: done[c.departure].memory if c.departure in done else [] for c in to_do}
    left_over = await _bring_back(uow, to_do, memories)
    now = clock.now()
    works = [DepartureWork.undone(c, now, memories[c.departure], left_over[c.departure]) for c in to_do]
    if works:
        await uow.departures.remember(works)
    done |= {work.departure_id: work for work in works}
    moved = {c.student: c for c in to_do if done[c.departure].restored}
    if moved:
        await uow.ended_enrolments.forget([e for c in moved.values() for e in done[c.departure].restored])
        await announce_placement(uow, [students[code] for code in moved], moved)
        await _note_back(uow, moved.values(), done)
    for command in moved.values():
        uow.record(
            "enrolment.restore",
            "enrolment",
            done[command.departure].restored,
            on_behalf_of=command.requested_by,
            because=command,
        )
    return [(c, done[c.departure]) for c in newest.values() if done[c.departure].epoch == c.epoch]


async def _note_back(
    uow: PortalUnitOfWork, commands: Collection[C], done: Mapping[DepartureId, DepartureWork]
) -> None:
    """Each takes back what the history says of its removal: what was changed before may be undone again."""
    live = await uow.enrolments.of({command.student for command in commands}, since=0)
    by_id = {one.id: one for of_student in live.values() for one in of_student}
    departments = await uow.structure.named_departments({one.department_id for one in by_id.values()})
    removals = await uow.history.removals_of(live)
    for command in commands:
        for enrolment in done[command.departure].restored:
            one = by_id[enrolment]
            note_change(
                uow,
                command.student,
                HistoryWhat.ENROLMENT_ADDED,
                one,
                enrolment=enrolment,
                after=told_enrolment(one, departments.get(one.department_id)),
                by=command.requested_by,
                because=command,
                undoes=removals.get(enrolment),
            )


async def _bring_back(
    uow: PortalUnitOfWork, commands: Sequence[C], memories: dict[DepartureId, list[dict[str, Any]]]
) -> dict[DepartureId, list[dict[str, str]]]:
    """Insert what fits; returns what is left over of each departure."""
    remembered = [(command, enrolment) for command in commands for enrolment in memories[command.departure]]
    seats = await Seats.of(uow.session, [(command.student, enrolment) for command, enrolment in remembered])
    left_over: dict[DepartureId, list[dict[str, str]]] = {command.departure: [] for command in commands}
    for command, enrolment in remembered:
        left_over[command.departure] += seats.take(command.student, enrolment)
    await seats.fill()
    return left_over
