"""A program that may ask for departures has ways round the topic permissions; none leads anywhere.

Whoever may write to an exchange may bind it to one of his own, name it as an alternate exchange or
dead-letter into it, and the broker asks for no routing key then (docs/decisions/0005).
"""

from collections.abc import Awaitable, Callable
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractExchange
from aiormq.exceptions import AMQPError, ChannelInvalidStateError

from shared.contracts.commands import ArchiveAccount, RequestDeparture
from shared.contracts.message import COMMANDS
from shared.ids import new_id
from tests.support.eventually import eventually
from tests.users.conftest import SCHOOL, student

ARCHIVE = ArchiveAccount.type
STUDENT = "900001"


def forged(**headers: Any) -> aio_pika.Message:
    command = ArchiveAccount(
        departure=new_id(), epoch=1, student=STUDENT, school=SCHOOL, requested_by="manager"
    )
    return aio_pika.Message(
        command.model_dump_json().encode(),
        type=ARCHIVE,
        message_id=str(new_id()),
        headers={"cloudEvents:type": ARCHIVE, **headers},
    )


async def own_exchange(channel: AbstractChannel, kind: str = "topic", **arguments: Any) -> AbstractExchange:
    name = f"automation.automation.{new_id()}"
    return await channel.declare_exchange(name, kind, auto_delete=True, arguments=arguments or None)


async def commands(channel: AbstractChannel) -> AbstractExchange:
    return await channel.get_exchange(COMMANDS, ensure=False)


async def bound_to_an_exchange_of_its_own(channel: AbstractChannel) -> None:
    own = await own_exchange(channel)
    await (await commands(channel)).bind(own, "#")
    await own.publish(forged(**{"x-exchange": COMMANDS}), ARCHIVE)


async def alternate_of_an_exchange_of_its_own(channel: AbstractChannel) -> None:
    own = await own_exchange(channel, **{"alternate-exchange": COMMANDS})
    await own.publish(forged(), ARCHIVE, mandatory=False)


async def alternate_behind_a_binding(channel: AbstractChannel) -> None:
    first = await own_exchange(channel)
    second = await own_exchange(channel, "fanout", **{"alternate-exchange": COMMANDS})
    await second.bind(first, "#")
    await first.publish(forged(), ARCHIVE, mandatory=False)


async def dead_letter(channel: AbstractChannel, message: aio_pika.Message, **arguments: Any) -> None:
    arguments = {
        "x-dead-letter-exchange": COMMANDS,
        "x-dead-letter-routing-key": ARCHIVE,
        "x-message-ttl": 0,
        **arguments,
    }
    name = f"automation.automation.{new_id()}"
    is_quorum = "x-queue-type" in arguments
    queue = await channel.declare_queue(name, durable=is_quorum, exclusive=not is_quorum, arguments=arguments)
    own = await own_exchange(channel, "fanout")
    await queue.bind(own)
    await own.publish(message, "")


async def dead_lettered(channel: AbstractChannel) -> None:
    await dead_letter(channel, forged())


async def dead_lettered_with_a_mark_of_its_own(channel: AbstractChannel) -> None:
    await dead_letter(channel, forged(**{"x-death": 0}))


async def dead_lettered_from_a_quorum_queue(channel: AbstractChannel) -> None:
    strategy = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
    await dead_letter(channel, forged(), **{"x-queue-type": "quorum", "x-expires": 20_000, **strategy})


async def copy(channel: AbstractChannel, message: aio_pika.Message) -> None:
    try:
        await (await commands(channel)).publish(message, RequestDeparture.type, mandatory=False)
    except (AMQPError, ChannelInvalidStateError):
        pytest.skip("this broker asks for every key of a message: RabbitMQ 4")


async def copied(channel: AbstractChannel) -> None:
    await copy(channel, forged(CC=[ARCHIVE]))


async def copied_blindly(channel: AbstractChannel) -> None:
    await copy(channel, forged(BCC=[ARCHIVE]))


Byway = Callable[[AbstractChannel], Awaitable[None]]
BYWAYS: dict[Byway, str] = {
    bound_to_an_exchange_of_its_own: "came_by_a_byway",
    alternate_of_an_exchange_of_its_own: "came_by_a_byway",
    alternate_behind_a_binding: "came_by_a_byway",
    dead_lettered: "came_by_a_byway",
    dead_lettered_with_a_mark_of_its_own: "came_by_a_byway",
    dead_lettered_from_a_quorum_queue: "came_by_a_byway",
    copied: "unknown_type",  # it comes under the key that was checked, which is none of ours
    copied_blindly: "unknown_type",
}


@pytest.fixture
async def service(service_on_the_road):
    if service_on_the_road.house.servers.amqp_management_url is None:
        pytest.skip("one RabbitMQ user serves for all: no management API was given")
    await service_on_the_road.add(student(STUDENT))
    return service_on_the_road


async def is_active(service) -> bool:
    footprint = (await service.client.get(f"/users/{STUDENT}/footprint")).json()
    return footprint["account"]["active"] is True


async def parked(service) -> list[dict[str, Any]]:
    page = await service.client.get("/messages", params={"state": "parked"})
    items: list[dict[str, Any]] = page.json()["items"]
    return items


@pytest.mark.parametrize("byway", BYWAYS, ids=lambda byway: byway.__name__)
async def test_a_forged_command_archives_nobody_and_an_operator_sees_it(service, byway):
    connection = await aio_pika.connect(service.house.amqp_url("automation"), timeout=10)
    async with connection:
        await byway(await connection.channel())
        [message] = await eventually(lambda: parked(service), what="parked")

    assert message["error"] == BYWAYS[byway]
    assert await is_active(service)
    retried = await service.client.post(f"/messages/{message['id']}/retry")
    assert retried.status_code == 200, retried.text
    await eventually(lambda: tried_again(service), what="parked again")
    assert await is_active(service)


async def tried_again(service) -> bool:
    return [(one["attempts"], one["error"] is not None) for one in await parked(service)] == [(1, True)]


async def test_the_same_command_by_the_straight_way_archives(service):
    """What is forged above would do it: only the way is wrong."""
    connection = await aio_pika.connect(service.house.amqp_url("portal"), timeout=10)
    async with connection:
        await (await commands(await connection.channel())).publish(forged(), ARCHIVE)
        await eventually(lambda: is_archived(service))


async def is_archived(service) -> bool:
    return not await is_active(service)
