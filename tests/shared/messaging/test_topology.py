"""Least rights at the broker: each RabbitMQ user says only its own, hears only its own, declares nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import AMQPError, ChannelInvalidStateError

from shared.contracts.catalogue import CONTRACTS
from shared.contracts.message import COMMANDS, FACTS, Command
from shared.contracts.values import Party
from shared.messaging import topology
from tests.support.house import House

USERS = {
    "portal": Party.PORTAL,
    "users": Party.USERS,
    "desktop_sync": Party.DESKTOP,
    "automation": Party.AUTOMATION,
}
SERVICES = [user for user in USERS if user != "automation"]
OWN = "automation.automation.test"
FORGED = ("", "#", "portal", "nobody.knows.v1", "users.account.archive.v1.more", "xusers.account.archive.v1")
REFUSED = (AMQPError, ChannelInvalidStateError)


@pytest.fixture(autouse=True)
def _rights(house: House) -> None:
    if house.servers.amqp_management_url is None:
        pytest.skip("one RabbitMQ user serves for all: no management API was given")


@asynccontextmanager
async def connected(house: House, user: str) -> AsyncIterator[aio_pika.abc.AbstractConnection]:
    connection = await aio_pika.connect(house.amqp_url(user), timeout=10)
    async with connection:
        yield connection


async def is_taken(
    connection: aio_pika.abc.AbstractConnection, exchange: str, key: str, *, user_id: str | None = None
) -> bool:
    """Whether the broker takes such a message; not mandatory, so that nothing need be bound."""
    channel = await connection.channel()
    try:
        await asyncio.wait_for(
            (await exchange_of(channel, exchange)).publish(
                aio_pika.Message(b"{}", user_id=user_id), key, mandatory=False
            ),
            10,
        )
    except REFUSED:
        return False
    await channel.close()
    return True


async def exchange_of(channel: AbstractChannel, name: str) -> aio_pika.abc.AbstractExchange:
    return channel.default_exchange if not name else await channel.get_exchange(name, ensure=False)


async def is_refused(act) -> bool:
    try:
        await asyncio.wait_for(act, 10)
    except REFUSED:
        return True
    return False


@pytest.fixture(scope="module")
async def nobody_listens(house: House) -> AsyncIterator[None]:
    """What is sent here must not reach the services of other tests."""
    async with connected_as_administrator(house) as channel:
        for party in topology.SERVICES:
            queue = await channel.get_queue(topology.queue_of(party))
            await queue.unbind(COMMANDS, f"{party}.#")
            for message in CONTRACTS.received_by(party):
                if not issubclass(message, Command):
                    await queue.unbind(FACTS, message.type)
    yield
    await house.declare_topology()


@asynccontextmanager
async def connected_as_administrator(house: House) -> AsyncIterator[AbstractChannel]:
    connection = await aio_pika.connect(house.servers.amqp_url, timeout=10)
    async with connection:
        yield await connection.channel()


@pytest.mark.usefixtures("nobody_listens")
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("exchange", [COMMANDS, FACTS])
async def test_only_its_own_types_pass(house, user, exchange):
    keys = [*CONTRACTS.by_type, *FORGED]
    async with connected(house, user) as connection:
        taken = {key for key in keys if await is_taken(connection, exchange, key)}

    own = {message.type for message in CONTRACTS.sent_by(USERS[user]) if message.exchange == exchange}
    assert taken - own <= ({""} if own else set())  # an empty key is bound to nothing
    assert own <= taken


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("exchange", ["", topology.DEAD_LETTERS, "amq.topic", "amq.fanout"])
async def test_no_other_exchange_is_a_way_in(house, user, exchange):
    """The default exchange would put a message of any type straight into any queue."""
    async with connected(house, user) as connection:
        for party in topology.SERVICES:
            assert not await is_taken(connection, exchange, topology.queue_of(party))


@pytest.mark.parametrize("user", USERS)
async def test_nobody_speaks_in_anothers_name(house, user):
    other = "users" if user == "portal" else "portal"
    own = next((message for message in CONTRACTS.sent_by(USERS[user])), None)
    async with connected(house, user) as connection:
        exchange, key = (own.exchange, own.type) if own else (FACTS, "x")
        assert not await is_taken(connection, exchange, key, user_id=other)


@pytest.mark.parametrize("user", USERS)
async def test_nobody_reads_anothers_queue(house, user):
    async with connected(house, user) as connection:
        for party in topology.SERVICES:
            if party is USERS[user]:
                continue
            for read in (lambda queue: queue.get(fail=False), lambda queue: queue.consume(print)):
                channel = await connection.channel()
                queue = await channel.get_queue(topology.queue_of(party), ensure=False)
                assert await is_refused(read(queue)), (user, party)
        channel = await connection.channel()
        dead = await channel.get_queue(topology.DEAD_LETTERS, ensure=False)
        assert await is_refused(dead.get(fail=False))


@pytest.mark.parametrize("user", SERVICES)
async def test_a_service_reads_its_own_queue(house, user):
    async with connected(house, user) as connection:
        queue = await (await connection.channel()).get_queue(topology.queue_of(USERS[user]))
        assert queue.declaration_result.consumer_count is not None


@pytest.mark.parametrize("user", USERS)
async def test_nobody_declares_binds_or_deletes_what_is_not_his(house, user):
    queue = topology.queue_of(USERS[user] if user in SERVICES else Party.PORTAL)

    async with connected(house, user) as connection:

        async def refused(act) -> bool:
            return await is_refused(act(await connection.channel()))

        async def ensured(channel: AbstractChannel):
            return await channel.get_queue(queue, ensure=False)

        async def bind(channel: AbstractChannel):
            await (await ensured(channel)).bind(FACTS, "users.person.changed.v1")

        async def unbind(channel: AbstractChannel):
            await (await ensured(channel)).unbind(FACTS, "users.person.changed.v1")

        async def bind_exchange(channel: AbstractChannel):
            commands = await channel.get_exchange(COMMANDS, ensure=False)
            await commands.bind(FACTS, "#")

        assert await refused(lambda channel: channel.declare_queue("anything"))
        assert await refused(lambda channel: channel.declare_queue(f"{queue}.more"))
        assert await refused(lambda channel: channel.declare_queue("automation.other.test"))
        assert await refused(lambda channel: channel.declare_exchange("anything"))
        assert await refused(lambda channel: channel.queue_delete(queue))
        assert await refused(lambda channel: channel.exchange_delete(FACTS))
        assert await refused(bind)
        assert await refused(unbind)
        assert await refused(bind_exchange)


async def test_automation_listens_to_what_it_may_hear_and_nothing_else(house):
    heard = {message.type for message in CONTRACTS.received_by(Party.AUTOMATION)}
    async with connected(house, "automation") as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(OWN, exclusive=True)
        for kind in sorted(heard):
            await queue.bind(FACTS, kind)

        for key in [*(set(CONTRACTS.by_type) - heard), "#", "*", "portal.#", "users.person.*", ""]:
            channel = await connection.channel()
            own = await channel.get_queue(OWN, ensure=False)
            assert await is_refused(own.bind(FACTS, key)), key
            channel = await connection.channel()
            own = await channel.get_queue(OWN, ensure=False)
            assert await is_refused(own.bind(COMMANDS, key)), key

        async with connected_as_administrator(house) as administrator:
            facts = await administrator.get_exchange(FACTS)
            await facts.publish(aio_pika.Message(b"{}"), min(heard))
        incoming = await queue.get(timeout=5)
        assert incoming.routing_key == min(heard)


@pytest.mark.parametrize("key", ["#", "users.person.changed.v1"])
async def test_automation_hears_no_more_through_an_exchange_of_its_own(house, key):
    async with connected(house, "automation") as connection:
        channel = await connection.channel()
        own = await channel.declare_exchange(f"{OWN}.ear", "fanout", auto_delete=True)
        assert await is_refused(own.bind(FACTS, key))
    async with connected_as_administrator(house) as administrator:
        await administrator.exchange_delete(f"{OWN}.ear")


@pytest.mark.parametrize("into", [FACTS, "", topology.DEAD_LETTERS])
async def test_automation_reaches_nothing_but_commands_by_a_byway(house, into):
    """What it sends to the commands that way is known by its way (tests/users/test_byways.py)."""
    dead: dict[str, Any] = {"x-dead-letter-exchange": into, "x-dead-letter-routing-key": "doorstroom.users"}
    other: dict[str, Any] = {"alternate-exchange": into}
    async with connected(house, "automation") as connection:
        channel = await connection.channel()
        assert await is_refused(channel.declare_queue(f"{OWN}.dead", exclusive=True, arguments=dead))
        channel = await connection.channel()
        assert await is_refused(channel.declare_exchange(f"{OWN}.other", arguments=other))
        if into:
            channel = await connection.channel()
            own = await channel.declare_exchange(f"{OWN}.exchange", auto_delete=True)
            target = await channel.get_exchange(into, ensure=False)
            assert await is_refused(target.bind(own, "users.account.archive.v1"))
    async with connected_as_administrator(house) as administrator:
        await administrator.exchange_delete(f"{OWN}.exchange")


async def test_the_job_may_run_again(house):
    await house.declare_topology()


def test_rights_name_each_type_exactly():
    rights = topology.permissions_of(Party.USERS, "users")
    assert rights["all"] == {
        "configure": "^$",
        "write": r"^doorstroom\.facts$",
        "read": r"^doorstroom\.users$",
    }
    assert rights[FACTS]["write"] == (
        r"^(users\.account\.archived\.v1|users\.account\.failed\.v1|users\.account\.restored\.v1"
        r"|users\.people\.failed\.v1|users\.people\.republished\.v1|users\.person\.changed\.v1"
        r"|users\.person\.refused\.v1|users\.person\.updated\.v1)$"
    )
