"""A crash or a cut line at each of the moments at which something could be lost or done twice."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from tests.support.proxy import Commit, Delivery, Publish, cut, kill
from tests.support.requests import departure_until_accepted
from tests.support.rig import SERVICES, Rig


@dataclass(frozen=True)
class Moment:
    """Where on a service's lines it strikes."""

    name: str
    wire: str
    at: Callable


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


@pytest.mark.parametrize("action", ["crash", "cut"])
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
@pytest.mark.parametrize("service", SERVICES)
async def test_nothing_lost_nothing_twice(
    rig: Rig, manager: httpx.AsyncClient, service: str, moment: Moment, action: str
):
    students = await rig.take(5)
    wire = rig.wires[service, moment.wire]
    strike = kill(lambda: rig.pid(service)) if action == "crash" else cut
    fault = wire.at(moment.at(), strike)
    try:
        batch = await departure_until_accepted(manager, students)
        await fault.happened(timeout=20)
        await rig.completed(batch)
        await rig.check(manager, students)
    finally:
        wire.heal()
        await rig.stack.wait_ready(service)
