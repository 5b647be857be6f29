"""Webhooks: an application manager says which address outside hears of departures.

No handbook speaks of it; it is our answer to programs that cannot listen to RabbitMQ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.errors import TooManyWebhooks
from portal.features.receiver_lookup import addresses_of
from portal.models.webhook import MOST_WEBHOOKS, OffReason, Webhook, WebhookId, WebhookType
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import UserCode
from shared.runtime.versions import SeenVersion


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different, by name: `url`, `types`, `description`, `active`."""

    fields: frozenset[str]
    url: str = ""
    types: Sequence[WebhookType] | None = None
    description: str = ""
    active: bool = True


async def register_webhook(  # noqa: PLR0913 - what a webhook is
    uow: PortalUnitOfWork,
    url: str,
    types: Sequence[WebhookType] | None,
    description: str,
    *,
    by: UserCode,
    private_allowed: bool,
) -> Webhook:
    """A new webhook, active at once. Raises WebhookUrlRefused, TooManyWebhooks."""
    await addresses_of(url, private_allowed=private_allowed)
    if await uow.webhooks.count() >= MOST_WEBHOOKS:
        raise TooManyWebhooks(most=MOST_WEBHOOKS)
    webhook = Webhook.register(url, types, description, by, clock.now())
    uow.webhooks.add(webhook)
    uow.record("webhook.register", "webhook", [webhook.id], fields=["url", "types"])
    return webhook


async def change_webhook(
    uow: PortalUnitOfWork,
    webhook_id: WebhookId,
    change: Change,
    seen: SeenVersion,
    *,
    private_allowed: bool,
) -> Webhook:
    """Change what is named, as it was seen. Raises WebhookUrlRefused, NotFound, VersionStale."""
    if "url" in change.fields:  # before anything is locked: a look-up may take seconds
        await addresses_of(change.url, private_allowed=private_allowed)
    webhook = await uow.webhooks.lock(webhook_id)
    seen.must_be(webhook.version)
    if "url" in change.fields:
        webhook.send_to(change.url)
    if "types" in change.fields:
        webhook.listen_to(change.types)
    if "description" in change.fields:
        webhook.describe(change.description)
    if "active" in change.fields and change.active:
        webhook.switch_on()
    elif "active" in change.fields:
        webhook.switch_off(OffReason.BY_HAND, clock.now())
    uow.record("webhook.change", "webhook", [webhook.id], fields=sorted(change.fields))
    return webhook


async def renew_secret(uow: PortalUnitOfWork, webhook_id: WebhookId) -> Webhook:
    """A new secret, beside which the old one signs for a day. Raises NotFound."""
    webhook = await uow.webhooks.lock(webhook_id)
    webhook.renew_secret(clock.now())
    uow.record("webhook.renew_secret", "webhook", [webhook.id], fields=["secret"])
    return webhook


async def remove_webhook(uow: PortalUnitOfWork, webhook_id: WebhookId) -> None:
    """With all its deliveries. Raises NotFound."""
    await uow.webhooks.remove(await uow.webhooks.lock(webhook_id))
    uow.record("webhook.remove", "webhook", [webhook_id])
