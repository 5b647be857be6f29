"""Webhooks."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.webhook import Webhook, WebhookId
from portal.models.webhook_delivery import DeliveryState, WebhookDelivery
from shared.errors import NotFound
from shared.runtime.paging import Keyset


class Webhooks:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, webhook: Webhook) -> None:
        self._session.add(webhook)

    async def count(self) -> int:
        return await self._session.scalar(select(func.count()).select_from(Webhook)) or 0

    async def find(self, webhook_id: WebhookId) -> Webhook | None:
        return await self._session.get(Webhook, webhook_id)

    async def get(self, webhook_id: WebhookId) -> Webhook:
        """Raises NotFound."""
        webhook = await self.find(webhook_id)
        if webhook is None:
            raise NotFound
        return webhook

    async def find_locked(self, webhook_id: WebhookId) -> Webhook | None:
        # Not against its key: deliveries may be written meanwhile.
        query = select(Webhook).where(Webhook.id == webhook_id).with_for_update(key_share=True)
        webhook: Webhook | None = await self._session.scalar(query)
        return webhook

    async def lock(self, webhook_id: WebhookId) -> Webhook:
        """Raises NotFound."""
        webhook = await self.find_locked(webhook_id)
        if webhook is None:
            raise NotFound
        return webhook

    async def remove(self, webhook: Webhook) -> None:
        """Its deliveries go with it."""
        await self._session.delete(webhook)

    async def search(self, keyset: Keyset) -> Sequence[Webhook]:
        """In the order they were registered."""
        return (await self._session.scalars(keyset.apply(select(Webhook)))).all()

    async def with_work(self, now: datetime, busy: Collection[WebhookId]) -> Sequence[WebhookId]:
        """The active ones with a delivery that is due, but those whose lane is at work."""
        due = exists().where(
            WebhookDelivery.webhook_id == Webhook.id,
            WebhookDelivery.state == DeliveryState.WAITING,
            WebhookDelivery.next_attempt_at <= now,
        )
        query = select(Webhook.id).where(Webhook.active, due, Webhook.id.not_in(busy)).order_by(Webhook.id)
        return (await self._session.scalars(query)).all()
