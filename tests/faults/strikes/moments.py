"""A crash or a cut line at each of the moments at which something could be lost or done twice."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.faults.ground import Ground
from tests.faults.strikes.strike import Strike
from tests.support.proxy import Commit, Delivery, Publish, cut, kill
from tests.support.proxy import Moment as Passing


@dataclass(frozen=True)
class Moment:
    """Where on a service's lines something could be lost or done twice."""

    name: str
    wire: str
    at: Callable[[], Passing]


MOMENTS = [
    # The outbox row is committed; the service never hears so, and has published nothing of it.
    Moment("between commit and publish", "database", lambda: Commit.reply(wrote="outbox")),
    # The broker has the message; the service never hears so, and has not marked it as sent.
    Moment("between publish and mark", "amqp", Publish.confirm),
    # The message was taken and applied, but its transaction is not committed.
    Moment("between consume and commit", "database", lambda: Commit.sent(wrote="inbox")),
    # The message is applied and committed; the broker will deliver it again.
    Moment("between commit and ack", "database", lambda: Commit.reply(wrote="inbox")),
    # The same, one step later: the ack itself is lost.
    Moment("at the ack", "amqp", Delivery.ack),
]
# The request itself: all of it is written, and the line goes before the COMMIT, or before its reply.
REQUEST = [
    Moment("before the request's commit", "database", lambda: Commit.sent(wrote="departure")),
    Moment("before the reply to it", "database", lambda: Commit.reply(wrote="departure")),
]


def at(moment: Moment, services: Sequence[str], action: str) -> Strike:
    """A crash, or a cut of that line, when the moment comes in each of these services."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        rig = ground.rig
        faults = []
        for service in services:
            how = kill(lambda service=service: rig.pid(service)) if action == "crash" else cut  # type: ignore[misc]
            faults.append(rig.wires[service, moment.wire].at(moment.at(), how))
        try:
            yield
            for fault in faults:
                await fault.happened(timeout=20)
        finally:
            for service in services:
                rig.wires[service, moment.wire].heal()
                await rig.stack.wait_ready(service)

    return strike
