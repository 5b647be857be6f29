"""How many deliveries there are in each state, for the operator's metrics."""

from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.models.webhook_delivery import DeliveryState, WebhookDelivery

DELIVERIES = Gauge("doorstroom_webhook_deliveries", "Deliveries of webhooks by state", ["state"])


async def measure_webhook_deliveries(database: AsyncConnection) -> None:
    """Set the gauge from the table."""
    query = select(WebhookDelivery.state, func.count()).group_by(WebhookDelivery.state)
    counts = dict((await database.execute(query)).all())
    for state in DeliveryState:
        DELIVERIES.labels(state).set(counts.get(state, 0))
