"""Every event in every state, of the departure and of its steps: both tables are total, and kept."""

from datetime import date, timedelta
from itertools import product
from uuid import uuid4

import pytest

from portal.errors import AlreadyDeparted, AlreadyUndone, DepartureRunning, DepartureScheduled, StepNotOpen
from portal.models.departure import Departure
from portal.models.departure_step import DepartureStep, StepTold
from portal.models.departure_table import DEPARTURE_TABLE, STEP_TABLE, Answer, Event
from shared import clock
from shared.contracts.ids import BranchId, DepartureId, SchoolId, StudentCode, UserCode
from shared.contracts.values import (
    DepartureReason,
    DepartureState,
    GuardianPolicy,
    PrognosisPolicy,
    Step,
    StepState,
)
from shared.errors import Refusal

NOW = clock.now()
WINDOW = timedelta(days=14)
BY = UserCode("9001")
WORDS = (Event.REMOVED, Event.AWAITED, Event.FAILED, Event.RESTORED)

# What the handbook's people and names.md expect, written down once more, by hand.
REFUSALS = {
    (DepartureState.SCHEDULED, Event.REQUEST): DepartureScheduled,
    (DepartureState.RUNNING, Event.REQUEST): DepartureRunning,
    (DepartureState.UNDOING, Event.REQUEST): DepartureRunning,
    (DepartureState.COMPLETED, Event.REQUEST): AlreadyDeparted,
    (DepartureState.SCHEDULED, Event.UNDO): DepartureScheduled,
    (DepartureState.UNDOING, Event.UNDO): AlreadyUndone,
    (DepartureState.UNDONE, Event.UNDO): AlreadyUndone,
    (DepartureState.CANCELLED, Event.UNDO): AlreadyUndone,
    (DepartureState.RUNNING, Event.CANCEL): DepartureRunning,
    (DepartureState.COMPLETED, Event.CANCEL): AlreadyDeparted,
    (DepartureState.UNDOING, Event.CANCEL): AlreadyUndone,
    (DepartureState.UNDONE, Event.CANCEL): AlreadyUndone,
}
BECOMES = {
    (DepartureState.SCHEDULED, Event.DUE): DepartureState.RUNNING,
    (DepartureState.SCHEDULED, Event.CANCEL): DepartureState.CANCELLED,
    (DepartureState.RUNNING, Event.UNDO): DepartureState.UNDOING,
    (DepartureState.COMPLETED, Event.UNDO): DepartureState.UNDOING,
    (DepartureState.RUNNING, Event.REMOVED): DepartureState.COMPLETED,
    (DepartureState.UNDOING, Event.RESTORED): DepartureState.UNDONE,
}
STEP_BECOMES = {
    (StepState.OPEN, Event.DUE): StepState.SENT,
    (StepState.OPEN, Event.UNDO): StepState.UNDONE,
    (StepState.SENT, Event.UNDO): StepState.SENT,
    (StepState.DONE, Event.UNDO): StepState.SENT,
    (StepState.FAILED, Event.UNDO): StepState.SENT,
    (StepState.SENT, Event.RETRY): StepState.SENT,
    (StepState.FAILED, Event.RETRY): StepState.SENT,
    (StepState.SENT, Event.REMOVED): StepState.DONE,
    (StepState.SENT, Event.AWAITED): StepState.SENT,
    (StepState.SENT, Event.FAILED): StepState.FAILED,
    (StepState.SENT, Event.RESTORED): StepState.UNDONE,
    (StepState.FAILED, Event.REMOVED): StepState.DONE,
    (StepState.FAILED, Event.AWAITED): StepState.SENT,
    (StepState.FAILED, Event.RESTORED): StepState.UNDONE,
}


def scheduled(**more) -> Departure:
    return Departure.request(
        StudentCode("101"),
        school=SchoolId(1),
        branch=BranchId(1),
        batch=uuid4(),
        school_year=2026,
        leaves_on=date(2026, 11, 20),
        due_at=NOW,
        reason=DepartureReason.LEFT,
        prognoses=more.get("prognoses", PrognosisPolicy.REMOVE),
        guardians=GuardianPolicy.KEEP,
        requested_by=BY,
        now=NOW,
    )


def answer_all(departure: Departure, event: Event, *, but: int = 0) -> None:
    for step in list(Step)[: len(Step) - but]:
        departure.record(event, step, departure.epoch, StepTold(), NOW)


def brought_to(state: DepartureState) -> Departure:
    """By its own methods, one answer away from its next state where that takes answers."""
    departure = scheduled()
    if state is DepartureState.CANCELLED:
        departure.cancel(BY, NOW)
    elif state is not DepartureState.SCHEDULED:
        departure.run({}, NOW)
        answer_all(departure, Event.REMOVED, but=1 if state is DepartureState.RUNNING else 0)
    if state in (DepartureState.UNDOING, DepartureState.UNDONE):
        departure.undo(BY, NOW, WINDOW)
        answer_all(departure, Event.RESTORED, but=1 if state is DepartureState.UNDOING else 0)
    assert departure.state is state
    return departure


def happens(departure: Departure, event: Event) -> None:
    """The event, to the last step, which is the one that is still open where any is."""
    match event:
        case Event.REQUEST:
            if refusal := departure.refusal_of(event):
                raise refusal
        case Event.DUE:
            departure.run({}, NOW)
        case Event.UNDO:
            departure.undo(BY, NOW, WINDOW)
        case Event.CANCEL:
            departure.cancel(BY, NOW)
        case _:
            departure.record(event, list(Step)[-1], departure.epoch, StepTold(), NOW)


def look(departure: Departure) -> tuple:
    steps = [(s.step, s.state, s.sent_at, s.reason, s.removed, s.left_over) for s in departure.steps]
    return departure.state, departure.epoch, departure.version, steps


def test_the_tables_are_total():
    of_departures = set(Event) - {Event.RETRY}
    of_steps = set(Event) - {Event.REQUEST, Event.CANCEL}
    assert {(s, e) for s, row in DEPARTURE_TABLE.items() for e in row} == set(
        product(DepartureState, of_departures)
    )
    assert {(s, e) for s, row in STEP_TABLE.items() for e in row} == set(product(StepState, of_steps))


@pytest.mark.parametrize(
    ("state", "event"), [(state, event) for state, row in DEPARTURE_TABLE.items() for event in row]
)
def test_a_departure_does_what_its_table_says(state, event):
    departure = brought_to(state)
    before = look(departure)
    if refusal := REFUSALS.get((state, event)):
        with pytest.raises(refusal) as refused:
            happens(departure, event)
        assert refused.value.params == departure.named
        assert look(departure) == before
        return
    happens(departure, event)
    assert departure.state is BECOMES.get((state, event), state)
    if DEPARTURE_TABLE[state][event] is Answer.PASS:
        assert look(departure) == before


@pytest.mark.parametrize("state", [DepartureState.RUNNING, DepartureState.UNDOING])
@pytest.mark.parametrize("event", [e for e in WORDS if e is not Event.AWAITED])
def test_a_word_that_is_taken_raises_the_version(state, event):
    departure = brought_to(state)
    before = departure.version
    happens(departure, event)
    assert departure.version == before + (DEPARTURE_TABLE[state][event] is Answer.TAKE)


def step_in(state: StepState) -> DepartureStep:
    step = DepartureStep(departure_id=DepartureId(uuid4()), step=Step.DESKTOP, state=StepState.OPEN, at=NOW)
    match state:
        case StepState.KEPT:
            step.keep("prognoses_kept", NOW)
        case StepState.UNDONE:
            step.take_back(NOW)
        case StepState.SENT | StepState.DONE | StepState.FAILED:
            step.send(NOW)
    if state in (StepState.DONE, StepState.FAILED):
        event = Event.REMOVED if state is StepState.DONE else Event.FAILED
        step.note(event, NOW, StepTold(removed={"account": True}, error="not_a_student"))
    assert step.state is state
    return step


@pytest.mark.parametrize(
    ("state", "event"), [(state, event) for state, row in STEP_TABLE.items() for event in row]
)
def test_a_step_does_what_its_table_says(state, event):
    step = step_in(state)
    if event is Event.RETRY and (state, event) not in STEP_BECOMES:
        with pytest.raises(StepNotOpen):
            step.takes(event)
        return
    assert step.takes(event) == ((state, event) in STEP_BECOMES)
    if not step.takes(event):
        return
    match event:
        case Event.DUE | Event.RETRY:
            step.send(NOW)
        case Event.UNDO:
            step.take_back(NOW)
        case _:
            step.note(event, NOW, StepTold(error="not_a_student"))
    assert step.state is STEP_BECOMES[state, event]
    assert step.is_under_way == (step.state in (StepState.SENT, StepState.FAILED))


@pytest.mark.parametrize(("state", "event"), list(product(DepartureState, WORDS)))
@pytest.mark.parametrize("epoch", [-1, 1])
def test_a_word_of_another_epoch_changes_nothing(state, event, epoch):
    departure = brought_to(state)
    before = look(departure)
    for step in Step:
        assert not departure.record(event, step, departure.epoch + epoch, StepTold(), NOW)
    assert look(departure) == before


def test_every_refusal_is_one_the_wire_knows():
    verdicts = {v for row in (*DEPARTURE_TABLE.values(), *STEP_TABLE.values()) for v in row.values()}
    codes = {v.code for v in verdicts if isinstance(v, type) and issubclass(v, Refusal)}
    assert codes == {
        "departure_scheduled",
        "departure_running",
        "already_departed",
        "already_undone",
        "step_not_open",
    }


def test_who_waits_for_a_person_is_not_stuck_and_who_failed_says_why():
    waiting, failed, late = step_in(StepState.SENT), step_in(StepState.FAILED), NOW + timedelta(minutes=6)
    assert waiting.is_stuck(late)
    waiting.note(Event.AWAITED, NOW, StepTold())
    assert not waiting.is_stuck(late)
    assert waiting.reason == "waits_in_data_check"
    assert failed.reason == "not_a_student"
