"""One fact for one webhook, and how often to try."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import PortalBase
from portal.models.webhook import OffReason, Webhook, WebhookId
from shared.database.base import word

DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""What the Standard Webhooks specification suggests: ten attempts in a little over three days."""
JITTER = 0.1
LEASE = timedelta(seconds=60)
"""How long a process may be busy with an attempt; longer than any attempt takes."""
GONE = 410
PING = "ping"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended: the status its receiver answered, or the name of what went wrong."""

    status: int | None = None
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - 2xx


def delay_after(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after so many failed attempts; None: no more. `chance` in [0, 1) spreads it."""
    if attempts > len(DELAYS):
        return None
    return DELAYS[attempts - 1] * (1 + JITTER * chance)


class WebhookDelivery(PortalBase):
    """A fact on its way to one webhook.

        waiting ──2xx──▶ delivered
           └──no attempts left, or 410──▶ failed ──by hand──▶ waiting

    `message_id` is the fact's own, the same in every attempt: it is the `webhook-id` by which the receiver
    knows a repeat. `payload` is the very text that is signed and sent.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(
            "ix_webhook_delivery_due",
            "webhook_id",
            "next_attempt_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_webhook_delivery_created_at", "created_at"),
    )

    webhook_id: Mapped[WebhookId] = mapped_column(
        Uuid, ForeignKey("webhook.id", ondelete="CASCADE"), primary_key=True
    )
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    payload: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(word(DeliveryState))
    attempts: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]

    @classmethod
    def of(cls, webhook: Webhook, message_id: UUID, kind: str, payload: str, now: datetime) -> Self:
        """One that is due at once."""
        return cls(
            webhook_id=webhook.id,
            message_id=message_id,
            type=kind,
            payload=payload,
            state=DeliveryState.WAITING,
            attempts=0,
            created_at=now,
            next_attempt_at=now,
        )

    def take(self, now: datetime) -> None:
        """An attempt begins. Who took it and dies leaves it due again after the lease."""
        self.attempts += 1
        self.attempted_at, self.next_attempt_at = now, now + LEASE

    def is_taken(self, lease_ends_at: datetime | None) -> bool:
        """Whether this attempt is still ours to end: nobody took it over, or asked for it anew."""
        return self.state is DeliveryState.WAITING and self.next_attempt_at == lease_ends_at

    def end_attempt(self, webhook: Webhook, attempt: Attempt, now: datetime, chance: float) -> None:
        """Note how it went: delivered, to be tried again, or failed; and what that says of its webhook."""
        self.status, self.error = attempt.status, attempt.error
        if attempt.succeeded:
            self.state, self.next_attempt_at = DeliveryState.DELIVERED, None
            webhook.note_success()
            return
        delay = None if attempt.status == GONE else delay_after(self.attempts, chance)
        if delay is None:
            self.state, self.next_attempt_at = DeliveryState.FAILED, None
        else:
            self.next_attempt_at = now + delay
        if attempt.status == GONE:
            webhook.switch_off(OffReason.GONE, now)
        else:
            webhook.note_failure(now)

    def retry(self, now: datetime) -> None:
        """Send it, or send it once more, now, with all attempts before it."""
        self.state, self.attempts, self.next_attempt_at = DeliveryState.WAITING, 0, now
