"""A step of a departure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import PortalBase
from portal.models.departure_table import STEP_TABLE, Answer, Event
from shared.contracts.ids import DepartureId
from shared.contracts.values import Step, StepState

STUCK_AFTER = timedelta(minutes=5)
WAITS_IN_DATA_CHECK = "waits_in_data_check"


@dataclass(frozen=True, slots=True)
class StepTold:
    """What a worker says of its work: what it removed, what it could not bring back, or why it failed."""

    removed: dict[str, Any] | None = None
    left_over: Sequence[dict[str, Any]] = ()
    error: str | None = None


class DepartureStep(PortalBase):
    """One of the four pieces of work, as the departure sees it.

        open ──▶ sent ──▶ done ──▶ sent again, to be restored ──▶ undone
          │       └──▶ failed ──▶ sent again, at a person's word
          └────▶ kept, on purpose

    `at` is when it came into its state, `sent_at` when its command was last sent, None when no answer is to
    be expected soon. What it does in each state: departure_table.py.
    """

    __tablename__ = "departure_step"
    __table_args__ = (Index("ix_departure_step_sent", "sent_at", postgresql_where=text("state = 'sent'")),)

    departure_id: Mapped[DepartureId] = mapped_column(
        ForeignKey("departure.id", ondelete="CASCADE"), primary_key=True
    )
    step: Mapped[Step] = mapped_column(primary_key=True)
    state: Mapped[StepState]
    at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    removed: Mapped[dict[str, Any] | None]
    left_over: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to come of it."""
        return self.state in (StepState.SENT, StepState.FAILED)

    def takes(self, event: Event) -> bool:
        """Whether the event changes it. Raises StepNotOpen."""
        verdict = STEP_TABLE[self.state][event]
        if isinstance(verdict, Answer):
            return verdict is Answer.TAKE
        raise verdict(step=self.step, departure=str(self.departure_id))

    def send(self, now: datetime) -> None:
        """Its command goes out."""
        self.state, self.at, self.sent_at, self.reason = StepState.SENT, now, now, None

    def keep(self, reason: str, now: datetime) -> None:
        """Nothing is to be removed, on purpose."""
        self._settle(StepState.KEPT, now, reason)

    def take_back(self, now: datetime) -> None:
        """What was begun is to be restored; what was not is undone at once."""
        if self.state is StepState.OPEN:
            self._settle(StepState.UNDONE, now)
        else:
            self.send(now)

    def note(self, event: Event, at: datetime, told: StepTold) -> None:
        """The worker's word."""
        match event:
            case Event.REMOVED:
                self._settle(StepState.DONE, at)
                self.removed = told.removed
            case Event.AWAITED:
                self._settle(StepState.SENT, at, WAITS_IN_DATA_CHECK)
            case Event.FAILED:
                self._settle(StepState.FAILED, at, told.error)
            case Event.RESTORED:
                self._settle(StepState.UNDONE, at)
                self.left_over = list(told.left_over)

    def is_late(self, now: datetime, after: timedelta) -> bool:
        """Whether its command is to be sent again: after so long, and then each time after twice as long."""
        return self.sent_at is not None and self.sent_at < now - max(after, self.sent_at - self.at)

    def is_stuck(self, now: datetime) -> bool:
        """No answer for so long that a person should look; who waits for a person is not stuck."""
        return self.state is StepState.SENT and self.sent_at is not None and now > self.at + STUCK_AFTER

    def _settle(self, state: StepState, at: datetime, reason: str | None = None) -> None:
        self.state, self.at, self.sent_at, self.reason = state, at, None, reason
