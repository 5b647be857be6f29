"""Deliveries of webhooks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.webhook import WebhookId
from portal.models.webhook_delivery import DeliveryState, WebhookDelivery
from shared.database.among import among
from shared.errors import NotFound
from shared.runtime.paging import Keyset

# KEY SHARE: a webhook that is being removed at this moment gets none, instead of a foreign key that fails.
_WRITE = text(
    "INSERT INTO webhook_delivery"
    " (webhook_id, message_id, type, payload, state, attempts, created_at, next_attempt_at)"
    " SELECT webhook.id, told.message_id, :type, told.payload, 'waiting', 0, :now, :now"
    " FROM webhook CROSS JOIN"
    " unnest(CAST(:ids AS uuid[]), CAST(:payloads AS text[])) AS told (message_id, payload)"
    " WHERE webhook.active AND (webhook.types IS NULL OR :type = ANY (webhook.types))"
    " FOR KEY SHARE OF webhook"
    " ON CONFLICT DO NOTHING"
)


class WebhookDeliveries:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, delivery: WebhookDelivery) -> None:
        self._session.add(delivery)

    async def write(self, kind: str, payloads: Mapping[UUID, str], now: datetime) -> None:
        """One for each of these messages and each active webhook that listens to their type."""
        parameters = {
            "type": kind,
            "ids": list(payloads),
            "payloads": list(payloads.values()),
            "now": now,
        }
        await self._session.execute(_WRITE, parameters)

    async def lock_due(self, webhook_id: WebhookId, now: datetime, limit: int) -> Sequence[WebhookDelivery]:
        """The longest due; replicas pass over each other's."""
        query = (
            select(WebhookDelivery)
            .where(
                WebhookDelivery.webhook_id == webhook_id,
                WebhookDelivery.state == DeliveryState.WAITING,
                WebhookDelivery.next_attempt_at <= now,
            )
            .order_by(WebhookDelivery.next_attempt_at)
            .limit(limit)
        )
        return (await self._session.scalars(query.with_for_update(skip_locked=True))).all()

    async def lock(self, webhook_id: WebhookId, messages: Collection[UUID]) -> dict[UUID, WebhookDelivery]:
        """These, locked in one order."""
        query = (
            select(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == webhook_id, among(WebhookDelivery.message_id, messages))
            .order_by(WebhookDelivery.message_id)
        )
        found = await self._session.scalars(query.with_for_update())
        return {delivery.message_id: delivery for delivery in found}

    async def lock_one(self, webhook_id: WebhookId, message_id: UUID) -> WebhookDelivery:
        """Raises NotFound."""
        found = await self.lock(webhook_id, [message_id])
        if not found:
            raise NotFound
        return found[message_id]

    async def search(
        self, webhook_id: WebhookId, keyset: Keyset, state: DeliveryState | None
    ) -> Sequence[WebhookDelivery]:
        """Of one webhook, in the order of their messages."""
        query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
        if state is not None:
            query = query.where(WebhookDelivery.state == state)
        return (await self._session.scalars(keyset.apply(query))).all()

    async def forget(self, before: datetime) -> None:
        """Whatever became of them."""
        await self._session.execute(delete(WebhookDelivery).where(WebhookDelivery.created_at < before))
