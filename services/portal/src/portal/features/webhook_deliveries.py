"""What webhooks are told: written with the fact, taken by a lane, ended by what the receiver answered.

    fact ──write_deliveries──▶ waiting ──take_due──▶ (an attempt, outside any transaction) ──end_attempts──▶

The portal hears its own facts over RabbitMQ like anybody, so that what is told has really been said.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.models.webhook import Told, WebhookId
from portal.models.webhook_delivery import PING, Attempt, WebhookDelivery
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.ids import new_id

REMEMBERED = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Letter:
    """One attempt to make: all that is needed of it outside a transaction."""

    message_id: UUID
    url: str
    payload: str
    headers: Mapping[str, str]
    lease_ends_at: datetime | None


async def write_deliveries(uow: PortalUnitOfWork, facts: Sequence[Told]) -> None:
    """One delivery of each fact for every active webhook that listens to its type."""
    payloads = {
        fact.envelope.id: payload_of(fact.type, fact.at, fact.model_dump(mode="json"))
        for fact in facts
        if fact.envelope is not None
    }
    await uow.webhook_deliveries.write(facts[0].type, payloads, clock.now())


async def send_ping(uow: PortalUnitOfWork, webhook_id: WebhookId) -> WebhookDelivery:
    """A delivery that says nothing but that it can arrive. Raises NotFound, WebhookOff."""
    webhook, now = await uow.webhooks.get(webhook_id), clock.now()
    webhook.check_active()
    payload = payload_of(PING, now, {"webhook": str(webhook.id)})
    delivery = WebhookDelivery.of(webhook, new_id(), PING, payload, now)
    uow.webhook_deliveries.add(delivery)
    uow.record("webhook.ping", "webhook", [webhook.id])
    return delivery


async def retry_delivery(uow: PortalUnitOfWork, webhook_id: WebhookId, message_id: UUID) -> WebhookDelivery:
    """Send it again now, whatever became of it. Raises NotFound, WebhookOff."""
    webhook = await uow.webhooks.get(webhook_id)
    webhook.check_active()
    delivery = await uow.webhook_deliveries.lock_one(webhook_id, message_id)
    delivery.retry(clock.now())
    uow.record("webhook.retry", "webhook", [webhook.id])
    return delivery


async def take_due(uow: PortalUnitOfWork, webhook_id: WebhookId, limit: int) -> list[Letter]:
    """Begin an attempt of what is due for one webhook: nobody else will while the lease lasts."""
    webhook, now = await uow.webhooks.find(webhook_id), clock.now()
    if webhook is None or not webhook.active:
        return []
    due = await uow.webhook_deliveries.lock_due(webhook_id, now, limit)
    for delivery in due:
        delivery.take(now)
    return [
        Letter(
            message_id=delivery.message_id,
            url=webhook.url,
            payload=delivery.payload,
            headers=webhook.sign(delivery.message_id, delivery.payload, now),
            lease_ends_at=delivery.next_attempt_at,
        )
        for delivery in due
    ]


async def end_attempts(
    uow: PortalUnitOfWork, webhook_id: WebhookId, attempts: Sequence[tuple[Letter, Attempt]]
) -> None:
    """Note how these attempts went; one that was taken over meanwhile is not ours to judge."""
    webhook, now = await uow.webhooks.find_locked(webhook_id), clock.now()
    if webhook is None:
        return
    was_active = webhook.active
    deliveries = await uow.webhook_deliveries.lock(webhook_id, [letter.message_id for letter, _ in attempts])
    for letter, attempt in attempts:
        delivery = deliveries.get(letter.message_id)
        if delivery is not None and delivery.is_taken(letter.lease_ends_at):
            delivery.end_attempt(webhook, attempt, now, chance=secrets.SystemRandom().random())
    if was_active and not webhook.active:
        uow.record("webhook.switch_off", "webhook", [webhook.id], reason=webhook.off_reason)


async def forget_old(uow: PortalUnitOfWork) -> None:
    """Deliveries are remembered for 14 days."""
    await uow.webhook_deliveries.forget(clock.now() - REMEMBERED)


def payload_of(kind: str, at: datetime, told: Mapping[str, Any]) -> str:
    """The body, `{type, timestamp, data}`, as text: what is signed is to the byte what is sent."""
    timestamp = at.isoformat().replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": timestamp, "data": told}, separators=(",", ":"))
