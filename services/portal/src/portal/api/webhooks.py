"""Webhooks: register an address, see what it was sent, send it again (docs/webhooks.md)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from portal.api.depends import Work, settings_of
from portal.api.webhooks_shown import (
    DeliveryShown,
    WebhookChange,
    WebhookInput,
    WebhookShown,
    WebhookWithSecret,
    show_delivery,
    show_webhook,
    show_webhook_with_secret,
)
from portal.features.webhook_deliveries import retry_delivery, send_ping
from portal.features.webhooks import change_webhook, register_webhook, remove_webhook, renew_secret
from portal.models.webhook import Webhook, WebhookId
from portal.models.webhook_delivery import DeliveryState, WebhookDelivery
from shared.contracts.rights import Permission
from shared.errors import NotAllowed
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page
from shared.runtime.versions import IfMatch

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


def _of_all_branches(caller: Annotated[Caller, Allowed(Permission.OPERATE)]) -> Caller:
    """A webhook hears of every branch's students: who manages some of them may not listen to all."""
    if not caller.scope(Permission.OPERATE).everything:
        raise NotAllowed
    return caller


Operator = Annotated[Caller, Depends(_of_all_branches)]


@router.post("", status_code=201)
async def register(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Operator,
    uow: Work,
    request: Request,
    response: Response,
    body: WebhookInput,
    key: IdempotencyKey = None,
) -> WebhookWithSecret:
    """Register an address that hears of departures. Its secret is in this answer and in no other."""
    secret = None

    async def act() -> dict[str, Any]:
        nonlocal secret
        webhook = await register_webhook(
            uow,
            str(body.url),
            body.types,
            body.description,
            by=caller.code,
            private_allowed=settings_of(request).webhook_private_addresses,
        )
        secret = webhook.secret
        return {"webhook": str(webhook.id)}

    made = await answer_once(request, uow, key, act)
    webhook = await uow.webhooks.get(WebhookId(UUID(made["webhook"])))
    response.headers["Location"] = f"/webhooks/{webhook.id}"
    response.headers["ETag"] = f'"{webhook.version}"'
    return show_webhook_with_secret(webhook, secret=secret)


@router.get("")
async def list_webhooks(
    _: Operator, uow: Work, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Page[WebhookShown]:
    """In the order they were registered; never a secret."""
    keyset = Keyset(limit, cursor, Webhook.id)
    return keyset.page(await uow.webhooks.search(keyset), show_webhook, lambda webhook: (webhook.id,))


@router.get("/{webhook_id}")
async def get_webhook(_: Operator, uow: Work, response: Response, webhook_id: UUID) -> WebhookShown:
    """One webhook: what it hears, and whether its receiver takes it."""
    webhook = await uow.webhooks.get(WebhookId(webhook_id))
    response.headers["ETag"] = f'"{webhook.version}"'
    return show_webhook(webhook)


@router.patch("/{webhook_id}")
async def change(  # noqa: PLR0913, PLR0917 - a change of a version
    _: Operator,
    uow: Work,
    request: Request,
    response: Response,
    webhook_id: UUID,
    seen: IfMatch,
    body: WebhookChange,
) -> WebhookShown:
    """Change its url, types or description, or switch it off and on; on again it sends what waited."""
    webhook = await change_webhook(
        uow,
        WebhookId(webhook_id),
        body.change(),
        seen,
        private_allowed=settings_of(request).webhook_private_addresses,
    )
    response.headers["ETag"] = f'"{webhook.version}"'
    return show_webhook(webhook)


@router.delete("/{webhook_id}", status_code=204)
async def remove(_: Operator, uow: Work, webhook_id: UUID) -> None:
    """Remove it with its deliveries; what is on its way at this moment may still arrive."""
    await remove_webhook(uow, WebhookId(webhook_id))


@router.post("/{webhook_id}/secret")
async def rotate_secret(
    _: Operator, uow: Work, request: Request, webhook_id: UUID, key: IdempotencyKey = None
) -> WebhookWithSecret:
    """Make a new secret, shown in this answer only. For 24 hours the old one signs beside it."""
    secret = None

    async def act() -> dict[str, Any]:
        nonlocal secret
        secret = (await renew_secret(uow, WebhookId(webhook_id))).secret
        return {}

    await answer_once(request, uow, key, act)
    return show_webhook_with_secret(await uow.webhooks.get(WebhookId(webhook_id)), secret=secret)


@router.post("/{webhook_id}/test", status_code=202, response_model=DeliveryShown)
async def ping(
    _: Operator, uow: Work, request: Request, webhook_id: UUID, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Send it a `ping`, whatever types it hears; its delivery tells how that went."""

    async def act() -> dict[str, Any]:
        return _kept(await send_ping(uow, WebhookId(webhook_id)))

    return await answer_once(request, uow, key, act)


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(
    _: Operator,
    uow: Work,
    webhook_id: UUID,
    state: DeliveryState | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[DeliveryShown]:
    """What it was sent in the last 14 days, the oldest first; no bodies, neither ours nor the answers."""
    webhook = await uow.webhooks.get(WebhookId(webhook_id))
    keyset = Keyset(limit, cursor, WebhookDelivery.message_id)
    deliveries = await uow.webhook_deliveries.search(webhook.id, keyset, state)
    return keyset.page(deliveries, show_delivery, lambda delivery: (delivery.message_id,))


@router.post("/{webhook_id}/deliveries/{delivery_id}/retry", status_code=202, response_model=DeliveryShown)
async def retry(
    _: Operator,
    uow: Work,
    request: Request,
    webhook_id: UUID,
    delivery_id: UUID,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Send it again now, under its own id, whatever became of it."""

    async def act() -> dict[str, Any]:
        return _kept(await retry_delivery(uow, WebhookId(webhook_id), delivery_id))

    return await answer_once(request, uow, key, act)


def _kept(delivery: WebhookDelivery) -> dict[str, Any]:
    return show_delivery(delivery).model_dump(mode="json")
