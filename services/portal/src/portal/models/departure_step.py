"""A step of a departure."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import PortalBase
from shared.contracts.ids import DepartureId
from shared.contracts.values import Step, StepState

STUCK_AFTER = timedelta(minutes=5)


class DepartureStep(PortalBase):
    """One of the four pieces of work, as the departure sees it.

        open ──▶ sent ──▶ done ──▶ sent again, to be restored ──▶ undone
          └────▶ kept, on purpose

    `at` is when it came into its state, `sent_at` when its command was last sent.
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

    def send(self, now: datetime) -> None:
        """Its command goes out."""
        self.state, self.at, self.sent_at, self.reason = StepState.SENT, now, now, None

    def settle(
        self,
        state: StepState,
        at: datetime,
        *,
        reason: str | None = None,
        removed: dict[str, Any] | None = None,
        left_over: list[dict[str, Any]] | None = None,
    ) -> None:
        """Its work has ended, or there is none."""
        self.state, self.at, self.sent_at, self.reason = state, at, None, reason
        self.removed, self.left_over = removed or self.removed, left_over

    def is_stuck(self, now: datetime) -> bool:
        """No answer for so long that a person should look."""
        return self.state is StepState.SENT and now > self.at + STUCK_AFTER
