"""A departure: one act, four steps, each with its own state and result (domain.md story 1).

    scheduled ──due──▶ running ──all steps done or kept──▶ completed
        └──cancel──▶ cancelled   └────────undo──▶ undoing ──▶ undone ◀── within the window

What it does with each event in each state: departure_table.py.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.errors import LaterDeparture, UndoWindowOver
from portal.models.base import PortalBase
from portal.models.departure_step import DepartureStep, StepTold
from portal.models.departure_table import DEPARTURE_TABLE, Answer, Event
from portal.models.student import Enrolment
from shared.clock import AMSTERDAM, school_year_of
from shared.contracts.ids import BranchId, DepartureId, SchoolId, StudentCode, UserCode
from shared.contracts.values import (
    DepartureReason,
    DepartureState,
    EnrolmentKind,
    GuardianPolicy,
    PrognosisPolicy,
    Step,
    StepState,
)
from shared.errors import Refusal
from shared.ids import new_id

ENROLLED_ELSEWHERE = "enrolled_elsewhere"
PROGNOSES_KEPT = "prognoses_kept"

ONE_OPEN = "uq_departure_open"

LOCKING_STATES = (DepartureState.RUNNING, DepartureState.UNDOING)
FINAL_STATES = (DepartureState.COMPLETED, DepartureState.UNDONE, DepartureState.CANCELLED)


class Departure(PortalBase):
    """A student leaves one school. At most one is open per student: it locks other placement changes.

    `epoch` rises with each undo; a result of another epoch is no result of this departure. `version` rises
    with each change and orders what a listener sees. `school_year` is frozen: what is an enrolment and what
    a prognosis is judged by the year of `leaves_on`.
    """

    __tablename__ = "departure"
    __table_args__ = (
        Index(
            ONE_OPEN,
            "student_code",
            unique=True,
            postgresql_where=text("state IN ('scheduled', 'running', 'undoing')"),
        ),
        Index("ix_departure_batch", "batch", "id"),
        Index("ix_departure_student", "student_code"),
        Index("ix_departure_state", "state", "due_at"),
    )

    id: Mapped[DepartureId] = mapped_column(primary_key=True)
    batch: Mapped[UUID]
    student_code: Mapped[StudentCode] = mapped_column(ForeignKey("student.code"))
    school_id: Mapped[SchoolId] = mapped_column(ForeignKey("school.id"))
    branch_id: Mapped[BranchId] = mapped_column(ForeignKey("branch.id"))
    school_year: Mapped[int]
    leaves_on: Mapped[date]
    due_at: Mapped[datetime]
    reason: Mapped[DepartureReason]
    prognoses: Mapped[PrognosisPolicy]
    guardians: Mapped[GuardianPolicy]
    state: Mapped[DepartureState]
    epoch: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    requested_by: Mapped[UserCode]
    requested_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was undone or cancelled."""
    taken_back_by: Mapped[UserCode | None]
    """Who undid or cancelled it."""

    steps: Mapped[list[DepartureStep]] = relationship(lazy="raise", cascade="all, delete-orphan")

    @classmethod
    def request(  # noqa: PLR0913 - what a departure is
        cls,
        student: StudentCode,
        *,
        school: SchoolId,
        branch: BranchId,
        batch: UUID,
        school_year: int,
        leaves_on: date,
        due_at: datetime,
        reason: DepartureReason,
        prognoses: PrognosisPolicy,
        guardians: GuardianPolicy,
        requested_by: UserCode,
        now: datetime,
    ) -> Self:
        """A departure that waits until it is due; nothing has been sent."""
        departure = cls(
            id=DepartureId(new_id()),
            batch=batch,
            student_code=student,
            school_id=school,
            branch_id=branch,
            school_year=school_year,
            leaves_on=leaves_on,
            due_at=due_at,
            reason=reason,
            prognoses=prognoses,
            guardians=guardians,
            state=DepartureState.SCHEDULED,
            epoch=0,
            version=1,
            requested_by=requested_by,
            requested_at=now,
        )
        departure.steps = [
            DepartureStep(departure_id=departure.id, step=step, state=StepState.OPEN, at=now) for step in Step
        ]
        if prognoses is PrognosisPolicy.REMOVE_NOW:
            departure.step(Step.PROGNOSES).send(now)
        return departure

    @property
    def history_before(self) -> int:
        """Enrolments of an earlier school year were history when it was requested, and are not touched."""
        return school_year_of(self.requested_at.astimezone(AMSTERDAM).date())

    @property
    def is_locking(self) -> bool:
        """Whether placements of the student may not be changed by anyone else."""
        return self.state in LOCKING_STATES

    @property
    def is_open(self) -> bool:
        """Whether it has not come to its end: of a student at most one has not."""
        return self.state not in FINAL_STATES

    @property
    def is_bringing_back(self) -> bool:
        """Whether it was called off, and prognoses that went at once are still on their way back."""
        return self.state is DepartureState.CANCELLED and any(step.is_under_way for step in self.steps)

    @property
    def is_taking_back(self) -> bool:
        """Whether a step that is sent is to bring something back."""
        return self.state in (DepartureState.UNDOING, DepartureState.CANCELLED)

    @property
    def sent_steps(self) -> list[Step]:
        """The steps whose work is under way."""
        return [step.step for step in self.steps if step.state is StepState.SENT]

    def keeps(self, enrolment: Enrolment) -> bool:
        """Whether it is a prognosis that this departure left there on purpose."""
        return (
            self.prognoses is PrognosisPolicy.KEEP
            and self.state in (DepartureState.RUNNING, DepartureState.COMPLETED)
            and enrolment.school_id == self.school_id
            and enrolment.kind_in(self.school_year) is EnrolmentKind.PROGNOSIS
        )

    @classmethod
    def keeps_row(cls, enrolment: type[Enrolment]) -> ColumnElement[bool]:
        """`keeps`, as a condition of a query."""
        return and_(
            cls.prognoses == PrognosisPolicy.KEEP,
            cls.state.in_((DepartureState.RUNNING, DepartureState.COMPLETED)),
            enrolment.school_id == cls.school_id,
            enrolment.school_year > cls.school_year,
        )

    def step(self, wanted: Step) -> DepartureStep:
        """One of the four."""
        return next(step for step in self.steps if step.step is wanted)

    def refusal_of(self, event: Event) -> Refusal | None:
        """Why it refuses the event, if it does."""
        verdict = DEPARTURE_TABLE[self.state][event]
        return None if isinstance(verdict, Answer) else verdict(**self.named)

    def takes(self, event: Event) -> bool:
        """Whether the event changes it. Raises what the table says."""
        if refusal := self.refusal_of(event):
            raise refusal
        return DEPARTURE_TABLE[self.state][event] is Answer.TAKE

    def run(self, kept: Mapping[Step, str], now: datetime) -> list[Step]:
        """It is due: the `kept` steps have nothing to do, and why; returns those whose work begins now."""
        if not self.takes(Event.DUE):
            return []
        self.state = DepartureState.RUNNING
        self.version += 1
        begun = []
        for step in self.steps:
            if not step.takes(Event.DUE):
                continue  # prognoses that went at once
            if step.step in kept:
                step.keep(kept[step.step], now)
            else:
                step.send(now)
                begun.append(step.step)
        return begun

    def record(self, event: Event, step: Step, epoch: int, told: StepTold, at: datetime) -> bool:
        """Note a worker's word on a step; False when it changes nothing (a repeat, or overtaken)."""
        noted = self.step(step)
        if epoch != self.epoch or not self.takes(event) or not noted.takes(event):
            return False
        noted.note(event, at, told)
        self.version += 1
        if not any(one.is_under_way for one in self.steps):
            if self.state is DepartureState.RUNNING:
                self.state, self.completed_at = DepartureState.COMPLETED, at
            elif self.state is DepartureState.UNDOING:
                self.state, self.ended_at = DepartureState.UNDONE, at
        return True

    def undo(
        self, by: UserCode, now: datetime, window: timedelta, others: Sequence["Departure"] = ()
    ) -> None:
        """Take it back: what was sent or done is to be restored, under a new epoch.

        Raises AlreadyUndone, UndoWindowOver; DepartureScheduled, DepartureRunning for this one or for one of
        the student's `others`, since at most one may be open; LaterDeparture when one of those was completed
        since: he came back and left again, and what the earlier one brings back, his account too, would be
        there although he has gone.
        """
        if not self.takes(Event.UNDO):
            return
        for other in others:
            if other is not self and other.is_open and (refusal := other.refusal_of(Event.REQUEST)):
                raise refusal
        for other in others:
            if other.id > self.id and other.state is DepartureState.COMPLETED:
                raise LaterDeparture(**other.named)
        if self.completed_at and now > self.completed_at + window:
            raise UndoWindowOver(**self.named)
        self.state = DepartureState.UNDOING
        self._take_back(by, now)

    def cancel(self, by: UserCode, now: datetime) -> bool:
        """Call off what is not due yet; False when it was called off before.

        Prognoses that went at once come back. Raises DepartureRunning, AlreadyDeparted, AlreadyUndone.
        """
        if not self.takes(Event.CANCEL):
            return False
        self.state, self.ended_at = DepartureState.CANCELLED, now
        self._take_back(by, now)
        return True

    def send_again(self, step: Step, now: datetime) -> None:
        """Another message for work whose answer has not come, or that failed. Raises StepNotOpen."""
        wanted = self.step(step)
        if wanted.takes(Event.RETRY):
            if wanted.state is StepState.FAILED:
                self.version += 1
                wanted.send(now)
            wanted.sent_at = now

    @property
    def asked_by(self) -> UserCode:
        """Who asked for what is done of it: to leave, or since then to take it back."""
        return self.taken_back_by or self.requested_by

    @property
    def named(self) -> dict[str, str]:
        """How a refusal names it."""
        return {"student": self.student_code, "departure": str(self.id)}

    def _take_back(self, by: UserCode, now: datetime) -> None:
        self.taken_back_by = by
        self.epoch += 1
        self.version += 1
        for step in self.steps:
            if step.takes(Event.UNDO):
                step.take_back(now)


def kept_steps(school: SchoolId, prognoses: PrognosisPolicy, live: list[Enrolment]) -> dict[Step, str]:
    """The steps in which nothing will be removed, on purpose, and why."""
    kept: dict[Step, str] = {}
    if prognoses is PrognosisPolicy.KEEP:
        kept[Step.PROGNOSES] = PROGNOSES_KEPT
    if any(enrolment.school_id != school for enrolment in live):
        kept[Step.ACCOUNT] = ENROLLED_ELSEWHERE
    return kept
