"""A departure: one act, four steps, each with its own state and result (domain.md story 1).

scheduled ──due──▶ running ──all steps done or kept──▶ completed
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import PortalBase
from portal.models.student import Enrolment
from shared.contracts.ids import BranchId, DepartureId, SchoolId, StudentCode, UserCode
from shared.contracts.values import DepartureReason, DepartureState, PrognosisPolicy, Step, StepState
from shared.ids import new_id

ENROLLED_ELSEWHERE = "enrolled_elsewhere"
PROGNOSES_KEPT = "prognoses_kept"

OPEN_STATES = (DepartureState.SCHEDULED, DepartureState.RUNNING, DepartureState.UNDOING)
LOCKING_STATES = (DepartureState.RUNNING, DepartureState.UNDOING)
_FINAL_STEPS = (StepState.DONE, StepState.KEPT)


class Departure(PortalBase):
    """A student leaves one school. At most one is open per student: it locks other placement changes.

    `epoch` rises with each undo; a result of another epoch is no result of this departure. `version` rises
    with each change and orders what a listener sees. `school_year` is frozen: what is an enrolment and what
    a prognosis is judged by the year of `leaves_on`.
    """

    __tablename__ = "departure"
    __table_args__ = (
        Index(
            "uq_departure_open",
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
    state: Mapped[DepartureState]
    epoch: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    requested_by: Mapped[UserCode]
    requested_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]

    steps: Mapped[list["DepartureStep"]] = relationship(lazy="raise", cascade="all, delete-orphan")

    @classmethod
    def begin(  # noqa: PLR0913 - what a departure is
        cls,
        student: StudentCode,
        *,
        school: SchoolId,
        branch: BranchId,
        kept: Mapping[Step, str],
        batch: UUID,
        school_year: int,
        leaves_on: date,
        reason: DepartureReason,
        prognoses: PrognosisPolicy,
        requested_by: UserCode,
        now: datetime,
    ) -> Self:
        """A departure that runs from now; the `kept` steps have nothing to do, and why."""
        departure = cls(
            id=DepartureId(new_id()),
            batch=batch,
            student_code=student,
            school_id=school,
            branch_id=branch,
            school_year=school_year,
            leaves_on=leaves_on,
            due_at=now,
            reason=reason,
            prognoses=prognoses,
            state=DepartureState.RUNNING,
            epoch=0,
            version=1,
            requested_by=requested_by,
            requested_at=now,
        )
        departure.steps = [
            DepartureStep(
                departure_id=departure.id,
                step=step,
                state=StepState.KEPT if step in kept else StepState.SENT,
                reason=kept.get(step),
                at=now,
            )
            for step in Step
        ]
        return departure

    @property
    def is_locking(self) -> bool:
        """Whether placements of the student may not be changed by anyone else."""
        return self.state in LOCKING_STATES

    @property
    def sent_steps(self) -> list[Step]:
        """The steps whose work is under way."""
        return [step.step for step in self.steps if step.state is StepState.SENT]

    def record(self, step: Step, epoch: int, removed: dict[str, Any], at: datetime) -> bool:
        """Note a step's result; False when it changes nothing (a repeat, or of another epoch)."""
        if epoch != self.epoch or self.state is not DepartureState.RUNNING:
            return False
        noted = next(s for s in self.steps if s.step is step)
        if noted.state in _FINAL_STEPS:
            return False
        noted.state, noted.removed, noted.reason, noted.at = StepState.DONE, removed, None, at
        self.version += 1
        if all(s.state in _FINAL_STEPS for s in self.steps):
            self.state, self.completed_at = DepartureState.COMPLETED, at
        return True


class DepartureStep(PortalBase):
    """One of the four pieces of work, as the departure sees it: open → sent → done (or kept, on purpose)."""

    __tablename__ = "departure_step"

    departure_id: Mapped[DepartureId] = mapped_column(
        ForeignKey("departure.id", ondelete="CASCADE"), primary_key=True
    )
    step: Mapped[Step] = mapped_column(primary_key=True)
    state: Mapped[StepState]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    removed: Mapped[dict[str, Any] | None]
    left_over: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)


def kept_steps(school: SchoolId, prognoses: PrognosisPolicy, live: list[Enrolment]) -> dict[Step, str]:
    """The steps in which nothing will be removed, on purpose, and why."""
    kept: dict[Step, str] = {}
    if prognoses is PrognosisPolicy.KEEP:
        kept[Step.PROGNOSES] = PROGNOSES_KEPT
    if any(enrolment.school_id != school for enrolment in live):
        kept[Step.ACCOUNT] = ENROLLED_ELSEWHERE
    return kept
