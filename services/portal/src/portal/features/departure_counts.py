"""How many departures there are in each state, for the operator's metrics."""

from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.models.departure import Departure
from shared.contracts.values import DepartureState

DEPARTURES = Gauge("doorstroom_departures", "Departures by state", ["state"])


async def measure_departures(database: AsyncConnection) -> None:
    """Set the gauge from the table."""
    query = select(Departure.state, func.count()).group_by(Departure.state)
    counts = dict((await database.execute(query)).all())
    for state in DepartureState:
        DEPARTURES.labels(state).set(counts.get(state, 0))
