"""How departures are asked for and shown (names.md "Departure": these shapes are fixed)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from portal.api.enrolments_shown import EnrolmentShown, Names, show_enrolments
from portal.features.departure_outlook import Outlook, Wish
from portal.models.departure import Departure
from portal.models.departure_step import DepartureStep
from shared import clock
from shared.contracts.commands import MOST_STUDENTS
from shared.contracts.ids import AStudentCode, DepartureId, SchoolId, StudentCode
from shared.contracts.values import (
    DepartureReason,
    DepartureState,
    GuardianPolicy,
    PrognosisPolicy,
    Step,
    StepState,
)
from shared.errors import Refusal
from shared.runtime.input import Day, Id, Input


class PreviewInput(Input):
    students: Annotated[list[AStudentCode], Field(min_length=1, max_length=MOST_STUDENTS)]
    leaves_on: Day | None = None
    reason: DepartureReason = DepartureReason.LEFT
    prognoses: PrognosisPolicy = PrognosisPolicy.REMOVE
    guardians: GuardianPolicy = GuardianPolicy.KEEP
    school: Id | None = None

    def wish(self) -> Wish:
        return Wish(
            students=self.students,
            leaves_on=self.leaves_on,
            reason=self.reason,
            prognoses=self.prognoses,
            guardians=self.guardians,
            school=SchoolId(self.school) if self.school else None,
        )


class DepartureInput(PreviewInput):
    reason: DepartureReason
    confirm_threshold: bool = False


MOST_DEPARTURES = 1000
"""In a list of ids, within what a body may measure; a batch may be larger."""


class UndoInput(Input):
    """A batch, or departures one by one."""

    batch: UUID | None = None
    departures: list[UUID] = Field(default_factory=list, max_length=MOST_DEPARTURES)

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.batch is None) == (not self.departures):
            raise PydanticCustomError("batch_or_departures", "say a batch, or departures")
        return self


class StepShown(BaseModel):
    state: StepState
    at: datetime
    reason: str | None = None
    removed: dict[str, Any] | None = None
    left_over: list[dict[str, Any]] | None = None
    stuck: bool = False


class DepartureShown(BaseModel):
    id: DepartureId
    batch: UUID
    student: StudentCode
    school: SchoolId
    state: DepartureState
    reason: DepartureReason
    prognoses: PrognosisPolicy
    guardians: GuardianPolicy
    leaves_on: date
    epoch: int
    version: int
    requested_by: str
    requested_at: datetime
    due_at: datetime
    completed_at: datetime | None
    ended_at: datetime | None
    steps: dict[Step, StepShown]


class DeparturesRequested(BaseModel):
    batch: UUID
    items: list[DepartureShown]


class UndoRefused(BaseModel):
    departure: DepartureId
    student: StudentCode
    code: str


class DeparturesUndone(BaseModel):
    items: list[DepartureShown]
    refused: list[UndoRefused]


class RefusalShown(BaseModel):
    code: str
    params: dict[str, Any]


class OutlookShown(BaseModel):
    student: StudentCode
    school: SchoolId | None
    enrolments: list[EnrolmentShown]
    prognoses: list[EnrolmentShown]
    kept: dict[Step, str]
    refusal: RefusalShown | None


class PreviewShown(BaseModel):
    items: list[OutlookShown]
    threshold_exceeded: bool


def show_departure(departure: Departure) -> DepartureShown:
    return DepartureShown(
        id=departure.id,
        batch=departure.batch,
        student=departure.student_code,
        school=departure.school_id,
        state=departure.state,
        reason=departure.reason,
        prognoses=departure.prognoses,
        guardians=departure.guardians,
        leaves_on=departure.leaves_on,
        epoch=departure.epoch,
        version=departure.version,
        requested_by=departure.requested_by,
        requested_at=departure.requested_at,
        due_at=departure.due_at,
        completed_at=departure.completed_at,
        ended_at=departure.ended_at,
        steps={
            step.step: _step(step) for step in sorted(departure.steps, key=lambda s: list(Step).index(s.step))
        },
    )


def show_undone(
    undone: Sequence[Departure], refused: Sequence[tuple[Departure, Refusal]]
) -> DeparturesUndone:
    return DeparturesUndone(
        items=[show_departure(departure) for departure in undone],
        refused=[
            UndoRefused(departure=departure.id, student=departure.student_code, code=refusal.code)
            for departure, refusal in refused
        ],
    )


def show_outlooks(outlooks: Sequence[Outlook], names: Names, *, threshold: int) -> PreviewShown:
    return PreviewShown(
        items=[
            OutlookShown(
                student=outlook.student.code,
                school=outlook.school,
                enrolments=show_enrolments(outlook.enrolments, names),
                prognoses=show_enrolments(outlook.prognoses, names),
                kept=outlook.kept,
                refusal=outlook.refusal
                and RefusalShown(code=outlook.refusal.code, params=dict(outlook.refusal.params)),
            )
            for outlook in outlooks
        ],
        threshold_exceeded=len(outlooks) > threshold,
    )


def _step(step: DepartureStep) -> StepShown:
    return StepShown(
        state=step.state,
        at=step.at,
        reason=step.reason,
        removed=step.removed,
        left_over=step.left_over,
        stuck=step.is_stuck(clock.now()),
    )
