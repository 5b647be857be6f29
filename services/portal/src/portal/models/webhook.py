"""A webhook: an address outside that hears of departures (Standard Webhooks; docs/webhooks.md)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID

from sqlalchemy import Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.errors import WebhookOff
from portal.models.base import PortalBase
from shared.contracts.facts import (
    DepartureCancelled,
    DepartureCompleted,
    DepartureRefused,
    DepartureRequested,
    DepartureUndone,
)
from shared.contracts.ids import UserCode
from shared.database.base import word
from shared.ids import new_id

WebhookId = NewType("WebhookId", UUID)

Told = DepartureRequested | DepartureRefused | DepartureCompleted | DepartureUndone | DepartureCancelled
"""The facts a webhook may hear."""

MOST_WEBHOOKS = 50
"""Of one installation: each has a lane of its own."""
OLD_SECRET_SIGNS = timedelta(hours=24)
SWITCHED_OFF_AFTER = timedelta(days=3)
"""Without one success, from the first failure on; about as long as one delivery is tried."""
_PREFIX = "whsec_"


class WebhookType(StrEnum):
    """The types of those facts, under their own names."""

    REQUESTED = DepartureRequested.type
    REFUSED = DepartureRefused.type
    COMPLETED = DepartureCompleted.type
    UNDONE = DepartureUndone.type
    CANCELLED = DepartureCancelled.type


class OffReason(StrEnum):
    """Why a webhook hears nothing: a person said so, its receiver did (410), or it failed for days."""

    BY_HAND = "by_hand"
    GONE = "gone"
    FAILING = "failing"


class Webhook(PortalBase):
    """Where to send, what, and signed with which secret.

        active ──by hand, 410 Gone, or failing for days──▶ off ──by hand──▶ active

    While it is off nothing is sent and no new deliveries are written; what waits goes on when it is active
    again. `version` rises with each change that a person sees and might overwrite.
    """

    __tablename__ = "webhook"

    id: Mapped[WebhookId] = mapped_column(Uuid, primary_key=True)
    url: Mapped[str]
    types: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """NULL: all of them."""
    description: Mapped[str]
    secret: Mapped[str]
    old_secret: Mapped[str | None]
    old_secret_until: Mapped[datetime | None]
    active: Mapped[bool]
    off_reason: Mapped[OffReason | None] = mapped_column(word(OffReason))
    off_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    version: Mapped[int]
    created_by: Mapped[UserCode]
    created_at: Mapped[datetime]

    @classmethod
    def register(
        cls, url: str, types: Sequence[WebhookType] | None, description: str, by: UserCode, now: datetime
    ) -> Self:
        """A new one, active, with a secret of its own."""
        return cls(
            id=WebhookId(new_id()),
            url=url,
            types=_in_order(types),
            description=description,
            secret=_new_secret(),
            active=True,
            version=1,
            created_by=by,
            created_at=now,
        )

    def send_to(self, url: str) -> None:
        """Another address; how the old one fared says nothing about it."""
        self.url, self.failing_since = url, None
        self.version += 1

    def listen_to(self, types: Sequence[WebhookType] | None) -> None:
        """Only these, or all (None), from now on."""
        self.types = _in_order(types)
        self.version += 1

    def describe(self, description: str) -> None:
        """What it is for, in a person's words."""
        self.description = description
        self.version += 1

    def switch_on(self) -> None:
        """Send again, also what waited; it gets its days anew."""
        self.active, self.off_reason, self.off_at, self.failing_since = True, None, None, None
        self.version += 1

    def switch_off(self, reason: OffReason, now: datetime) -> None:
        """Send nothing more; the first reason stays."""
        if self.active:
            self.active, self.off_reason, self.off_at = False, reason, now
            self.version += 1

    def check_active(self) -> None:
        """Raises WebhookOff."""
        if not self.active:
            raise WebhookOff(reason=self.off_reason)

    def renew_secret(self, now: datetime) -> None:
        """A new secret; the old one signs along for a day, so that the receiver can change over."""
        self.old_secret, self.old_secret_until = self.secret, now + OLD_SECRET_SIGNS
        self.secret = _new_secret()
        self.version += 1

    def sign(self, message_id: UUID, payload: str, now: datetime) -> dict[str, str]:
        """The three headers of Standard Webhooks, for an attempt at this moment."""
        at = int(now.timestamp())
        keys = [self.secret]
        if self.old_secret and self.old_secret_until and now < self.old_secret_until:
            keys.append(self.old_secret)
        signed = f"{message_id}.{at}.{payload}".encode()
        return {
            "webhook-id": str(message_id),
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(_signature(key, signed) for key in keys),
        }

    def note_success(self) -> None:
        """Its receiver took a delivery."""
        self.failing_since = None

    def note_failure(self, now: datetime) -> None:
        """Its receiver did not take one; after days of nothing else it is switched off."""
        self.failing_since = self.failing_since or now
        if now - self.failing_since >= SWITCHED_OFF_AFTER:
            self.switch_off(OffReason.FAILING, now)


def _in_order(types: Sequence[WebhookType] | None) -> list[str] | None:
    return None if types is None else sorted(set(types))


def _new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
