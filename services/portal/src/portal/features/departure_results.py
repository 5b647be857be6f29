"""What the workers say of a departure's steps, noted until it is completed, or undone.

A word of an older epoch, or said again, changes nothing (departure_table.py). Of a departure that was erased
since, or of an account that was archived or restored by itself, there is nothing to note.
"""

from collections.abc import Sequence
from typing import TypeVar

from portal.features.freed_groups import freed_by
from portal.features.history import note_departure, note_told
from portal.models.departure import Departure
from portal.models.departure_step import StepTold
from portal.models.departure_table import Event
from portal.models.history_entry import HistoryWhat
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.facts import (
    AccountArchived,
    AccountRestored,
    DepartureCompleted,
    DepartureUndone,
    EnrolmentsRemoved,
    EnrolmentsRestored,
    PrognosesRemoved,
    PrognosesRestored,
    StepGivenUp,
    StudentAwaited,
    StudentDeleted,
    StudentRestored,
)
from shared.contracts.values import DepartureState, Party, Step

StepResult = EnrolmentsRemoved | PrognosesRemoved | AccountArchived | StudentDeleted
StepTakenBack = EnrolmentsRestored | PrognosesRestored | AccountRestored | StudentRestored

F = TypeVar("F", bound=StepResult | StepTakenBack | StudentAwaited | StepGivenUp)


async def record_results(uow: PortalUnitOfWork, facts: Sequence[StepResult]) -> None:
    """Note what the steps did; the departure is completed when all four are done or kept."""
    completed: list[tuple[Departure, StepResult]] = []
    for fact, departure, epoch in await _spoken_of(uow, facts):
        step, removed = _result_of(fact)
        changed = departure.record(Event.REMOVED, step, epoch, StepTold(removed=removed), fact.at)
        if changed and isinstance(fact, StudentDeleted):
            _note_desktop(uow, departure, fact, is_there=False)
        if changed and departure.state is DepartureState.COMPLETED:
            completed.append((departure, fact))
    freed = await freed_by(uow, [departure.id for departure, _ in completed])
    for departure, fact in completed:
        note_departure(uow, departure, departure.asked_by, fact)
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
    for fact, departure, epoch in await _spoken_of(uow, facts):
        departure.record(Event.AWAITED, fact.step, epoch, StepTold(), fact.at)


async def record_failures(uow: PortalUnitOfWork, facts: Sequence[StepGivenUp]) -> None:
    """A step failed at its worker: its message is parked there, and the step waits for a person's retry."""
    for fact, departure, epoch in await _spoken_of(uow, facts):
        departure.record(Event.FAILED, fact.step, epoch, StepTold(error=fact.error), fact.at)


async def record_taken_back(uow: PortalUnitOfWork, facts: Sequence[StepTakenBack]) -> None:
    """Note what came back; the departure is undone when all of it has."""
    for fact, departure, epoch in await _spoken_of(uow, facts):
        step, left_over = (
            (Step.ACCOUNT, []) if isinstance(fact, AccountRestored) else (fact.step, fact.left_over)
        )
        told = StepTold(left_over=[piece.model_dump(mode="json") for piece in left_over])
        changed = departure.record(Event.RESTORED, step, epoch, told, fact.at)
        if changed and isinstance(fact, StudentRestored):
            _note_desktop(uow, departure, fact, is_there=True)
        if changed and departure.state is DepartureState.UNDONE:
            note_departure(uow, departure, departure.asked_by, fact)
            uow.publish(
                DepartureUndone(
                    departure=departure.id,
                    student=departure.student_code,
                    school=departure.school_id,
                    at=fact.at,
                ),
                because=fact,
            )


async def _spoken_of(uow: PortalUnitOfWork, facts: Sequence[F]) -> list[tuple[F, Departure, int]]:
    """Each fact with the departure it speaks of, locked, and the epoch."""
    departures = await uow.departures.lock({fact.departure for fact in facts if fact.departure is not None})
    return [
        (fact, departures[fact.departure], fact.epoch)
        for fact in facts
        if fact.departure is not None and fact.epoch is not None and fact.departure in departures
    ]


def _note_desktop(
    uow: PortalUnitOfWork, departure: Departure, fact: StudentDeleted | StudentRestored, *, is_there: bool
) -> None:
    """In the student's history: he went from these timetable projects, or is there again."""
    if fact.projects:
        note_told(
            uow,
            departure.student_code,
            HistoryWhat.DESKTOP,
            fact,
            Party.DESKTOP,
            place=departure,
            by=departure.asked_by,
            at=fact.at,
            before=None if is_there else {"projects": fact.projects},
            after={"projects": fact.projects} if is_there else None,
        )


def _result_of(fact: StepResult) -> tuple[Step, dict[str, object]]:
    match fact:
        case EnrolmentsRemoved() | PrognosesRemoved():
            return fact.step, {"enrolments": fact.removed}
        case StudentDeleted():
            return fact.step, {"projects": fact.projects, "placements": fact.placements}
        case AccountArchived():
            went_along = {"guardians": fact.guardians} if fact.guardians else {}
            return Step.ACCOUNT, {"account": fact.changed, **went_along}
