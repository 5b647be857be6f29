"""Webhooks as they are asked for and shown. A secret is shown once, by the request that made it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, HttpUrl, UrlConstraints

from portal.features.webhooks import Change
from portal.models.webhook import OffReason, Webhook, WebhookId, WebhookType
from portal.models.webhook_delivery import DeliveryState, WebhookDelivery
from shared.contracts.ids import UserCode
from shared.runtime.input import Input, ShortText

ReceiverUrl = Annotated[
    HttpUrl,
    UrlConstraints(max_length=2000),
    Field(
        description="https, or http to loopback; without credentials, and not to an address inside a network",
        examples=["https://receiver.example/hooks"],
    ),
]
Types = Annotated[
    list[WebhookType],
    Field(min_length=1, max_length=len(WebhookType), description="Only these types; null or absent: all"),
]


class WebhookInput(Input):
    url: ReceiverUrl
    types: Types | None = None
    description: ShortText = ""


class WebhookChange(Input):
    """What is absent stays as it is."""

    url: ReceiverUrl | None = None
    types: Types | None = None
    description: ShortText | None = None
    active: bool | None = None

    def change(self) -> Change:
        named = self.model_fields_set - {
            name for name in ("url", "description", "active") if getattr(self, name) is None
        }
        return Change(
            fields=frozenset(named),
            url=str(self.url),
            types=self.types,
            description=self.description or "",
            active=bool(self.active),
        )


class SwitchedOff(BaseModel):
    reason: OffReason
    at: datetime


class WebhookShown(BaseModel):
    id: WebhookId
    url: str
    types: list[WebhookType] | None = Field(description="null: all")
    description: str
    active: bool
    switched_off: SwitchedOff | None = Field(
        description="By whom: `by_hand`, `gone` (410) or `failing` for days"
    )
    failing_since: datetime | None = Field(description="The first failure since the last success")
    old_secret_signs_until: datetime | None = Field(description="Until then both secrets sign")
    created_by: UserCode
    created_at: datetime
    version: int


class WebhookWithSecret(WebhookShown):
    secret: str | None = Field(
        description="`whsec_…`, shown this once; null when a request is repeated with its Idempotency-Key"
    )


class DeliveryShown(BaseModel):
    id: UUID = Field(description="The id of the message, and the `webhook-id` of every attempt")
    type: str
    state: DeliveryState
    attempts: int
    status: int | None = Field(description="What the receiver answered last")
    error: str | None = Field(description="What went wrong last, when it did not answer")
    created_at: datetime
    attempted_at: datetime | None
    next_attempt_at: datetime | None


def show_webhook(webhook: Webhook) -> WebhookShown:
    return WebhookShown.model_validate(_fields_of(webhook))


def show_webhook_with_secret(webhook: Webhook, *, secret: str | None) -> WebhookWithSecret:
    return WebhookWithSecret.model_validate({**_fields_of(webhook), "secret": secret})


def show_delivery(delivery: WebhookDelivery) -> DeliveryShown:
    return DeliveryShown.model_validate(
        {
            "id": delivery.message_id,
            **{n: getattr(delivery, n) for n in DeliveryShown.model_fields if n != "id"},
        }
    )


def _fields_of(webhook: Webhook) -> dict[str, object]:
    off = {"reason": webhook.off_reason, "at": webhook.off_at} if webhook.off_at else None
    own = {name: getattr(webhook, name, None) for name in WebhookShown.model_fields}
    return {**own, "switched_off": off, "old_secret_signs_until": webhook.old_secret_until}
