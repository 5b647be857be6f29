"""What may befall a departure and its steps, and what each then does: two total tables.

A cell says: take it, pass over it (a repeat, or overtaken), or refuse it with this error. What carries the
epoch of an earlier undo never gets here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.errors import (
    AlreadyDeparted,
    AlreadyUndone,
    DepartureRunning,
    DepartureScheduled,
    StepNotOpen,
)
from shared.contracts.values import DepartureState as D
from shared.contracts.values import StepState as S
from shared.errors import Refusal


class Event(StrEnum):
    """A person's word, the clock's, or a worker's."""

    REQUEST = "request"
    """Another departure of the same student, while he is not at that school again."""
    DUE = "due"
    UNDO = "undo"
    CANCEL = "cancel"
    RETRY = "retry"
    REMOVED = "removed"
    AWAITED = "awaited"
    """A worker waits for a person: the desktop's project asks first."""
    FAILED = "failed"
    RESTORED = "restored"


class Answer(StrEnum):
    TAKE = "take"
    PASS = "pass"  # noqa: S105 - no password


Verdict = Answer | type[Refusal]
TAKE, PASS = Answer.TAKE, Answer.PASS

_DEPARTURE_EVENTS = (
    Event.REQUEST,
    Event.DUE,
    Event.UNDO,
    Event.CANCEL,
    Event.REMOVED,
    Event.AWAITED,
    Event.FAILED,
    Event.RESTORED,
)
# fmt: off
_DEPARTURES: Mapping[D, tuple[Verdict, ...]] = {
    # state       request             due   undo                cancel            gone  waits fails back
    D.SCHEDULED: (DepartureScheduled, TAKE, DepartureScheduled, TAKE,             TAKE, PASS, TAKE, PASS),
    D.RUNNING:   (DepartureRunning,   PASS, TAKE,               DepartureRunning, TAKE, TAKE, TAKE, PASS),
    D.COMPLETED: (AlreadyDeparted,    PASS, TAKE,               AlreadyDeparted,  PASS, PASS, PASS, PASS),
    D.UNDOING:   (DepartureRunning,   PASS, AlreadyUndone,      AlreadyUndone,    PASS, PASS, TAKE, TAKE),
    D.UNDONE:    (TAKE,               PASS, AlreadyUndone,      AlreadyUndone,    PASS, PASS, PASS, PASS),
    D.CANCELLED: (TAKE,               PASS, AlreadyUndone,      PASS,             PASS, PASS, TAKE, TAKE),
}
_STEP_EVENTS = (
    Event.DUE,
    Event.UNDO,
    Event.RETRY,
    Event.REMOVED,
    Event.AWAITED,
    Event.FAILED,
    Event.RESTORED,
)
_STEPS: Mapping[S, tuple[Verdict, ...]] = {
    # state    due   undo  retry        gone  waits fails back
    S.OPEN:   (TAKE, TAKE, StepNotOpen, PASS, PASS, PASS, PASS),
    S.SENT:   (PASS, TAKE, TAKE,        TAKE, TAKE, TAKE, TAKE),
    S.DONE:   (PASS, TAKE, StepNotOpen, PASS, PASS, PASS, PASS),
    S.KEPT:   (PASS, PASS, StepNotOpen, PASS, PASS, PASS, PASS),
    S.FAILED: (PASS, TAKE, TAKE,        TAKE, TAKE, PASS, TAKE),
    S.UNDONE: (PASS, PASS, StepNotOpen, PASS, PASS, PASS, PASS),
}
# fmt: on

DEPARTURE_TABLE: Final[Mapping[D, Mapping[Event, Verdict]]] = {
    state: dict(zip(_DEPARTURE_EVENTS, row, strict=True)) for state, row in _DEPARTURES.items()
}
"""Cancelling a planned departure takes back what had begun, in the steps, as an undo does."""

STEP_TABLE: Final[Mapping[S, Mapping[Event, Verdict]]] = {
    state: dict(zip(_STEP_EVENTS, row, strict=True)) for state, row in _STEPS.items()
}
