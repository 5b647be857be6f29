"""The admin job that declares exchanges, queues, bindings and, with the management API, who may do what.

`python -m shared.messaging.topology`, repeatable. Services declare nothing: their RabbitMQ users may only
write their own messages and read their own queue, as the contracts' senders and receivers say.
"""

import asyncio
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import aio_pika
import httpx
from aio_pika.abc import AbstractChannel
from pydantic import Field, SecretStr
from yarl import URL

from shared.contracts.catalogue import CONTRACTS
from shared.contracts.message import COMMANDS, FACTS, Command, Message
from shared.contracts.values import Party
from shared.settings import AdminSettings, QueueType

SERVICES = (Party.PORTAL, Party.USERS, Party.DESKTOP)
DEAD_LETTERS = "doorstroom.dead-letters"
_DELIVERY_LIMIT = 50
_KEPT_MS = 14 * 24 * 3600 * 1000
_EXCHANGES = (COMMANDS, FACTS)


class TopologySettings(AdminSettings):
    """The URLs of the RabbitMQ users to make; the password in each is the one they get."""

    amqp_url: SecretStr
    portal_amqp_url: SecretStr
    users_amqp_url: SecretStr
    desktop_sync_amqp_url: SecretStr
    automation_amqp_url: SecretStr | None = Field(default=None)


def queue_of(party: Party) -> str:
    """The queue of a service."""
    return f"doorstroom.{party}"


async def declare(channel: AbstractChannel, queue_type: QueueType) -> None:
    """Declare all of it; running it again changes nothing."""
    exchanges = {
        name: await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
        for name in _EXCHANGES
    }
    dead = await channel.declare_exchange(DEAD_LETTERS, aio_pika.ExchangeType.FANOUT, durable=True)
    dead_queue = await channel.declare_queue(
        DEAD_LETTERS,
        durable=True,
        # A body may be a person's: not longer than any message is kept.
        arguments={"x-queue-type": queue_type, "x-message-ttl": _KEPT_MS},
    )
    await dead_queue.bind(dead)
    arguments: dict[str, Any] = {"x-queue-type": queue_type, "x-dead-letter-exchange": DEAD_LETTERS}
    if queue_type == "quorum":
        arguments["x-delivery-limit"] = _DELIVERY_LIMIT
    for party in SERVICES:
        queue = await channel.declare_queue(queue_of(party), durable=True, arguments=arguments)
        # All commands that begin with our name: one we do not know is parked where a person sees it.
        await queue.bind(exchanges[COMMANDS], f"{party}.#")
        for message in CONTRACTS.received_by(party):
            if not issubclass(message, Command):
                await queue.bind(exchanges[FACTS], message.type)


def _exactly(types: Iterable[type[Message]]) -> str:
    """A regular expression for these routing keys and no other."""
    return f"^({'|'.join(sorted(re.escape(message.type) for message in types))})$"


def permissions_of(party: Party, user: str) -> dict[str, dict[str, str]]:
    """What a RabbitMQ user may: `all` on names, and per exchange on routing keys (topic permissions)."""
    sent = {
        exchange: [m for m in CONTRACTS.sent_by(party) if m.exchange == exchange] for exchange in _EXCHANGES
    }
    # Only where it has something to say: a queue of its own could else dead-letter into an exchange, or an
    # exchange of its own be bound to one, and neither asks for topic permissions.
    writes = [rf"^{re.escape(exchange)}$" for exchange in _EXCHANGES if sent[exchange]]
    own = rf"^{re.escape(queue_of(party))}$"
    configures, reads = "^$", [own]
    if party is Party.AUTOMATION:
        configures = own = rf"^automation\.{re.escape(user)}\..*"
        writes, reads = [*writes, own], [own, rf"^{re.escape(FACTS)}$"]
    return {
        "all": {"configure": configures, "write": "|".join(writes) or "^$", "read": "|".join(reads)},
        COMMANDS: {"write": _exactly(sent[COMMANDS]), "read": "^$"},
        FACTS: {
            "write": _exactly(sent[FACTS]),
            "read": _exactly(CONTRACTS.received_by(party)) if party is Party.AUTOMATION else "^$",
        },
    }


async def make_users(management: httpx.AsyncClient, vhost: str, users: dict[Party, URL]) -> None:
    """Make the RabbitMQ users with exactly these rights."""
    at = quote(vhost, safe="")
    for party, url in users.items():
        name = quote(url.user or "", safe="")
        await _put(management, f"/api/users/{name}", {"password": url.password, "tags": ""})
        rights = permissions_of(party, url.user or "")
        await _put(management, f"/api/permissions/{at}/{name}", rights["all"])
        for exchange in _EXCHANGES:
            await _put(
                management, f"/api/topic-permissions/{at}/{name}", {"exchange": exchange, **rights[exchange]}
            )


async def _put(management: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    (await management.put(path, json=body)).raise_for_status()


async def run(settings: TopologySettings) -> None:
    """The whole job."""
    connection = await aio_pika.connect(settings.amqp_url.get_secret_value(), timeout=10)
    async with connection:
        await declare(await connection.channel(), settings.queue_type)
    if settings.amqp_management_url is None:
        return
    urls = {
        Party.PORTAL: settings.portal_amqp_url,
        Party.USERS: settings.users_amqp_url,
        Party.DESKTOP: settings.desktop_sync_amqp_url,
    }
    if settings.automation_amqp_url:
        urls[Party.AUTOMATION] = settings.automation_amqp_url
    vhost = URL(settings.amqp_url.get_secret_value()).path.removeprefix("/") or "/"
    management = URL(settings.amqp_management_url.get_secret_value())
    async with httpx.AsyncClient(
        base_url=str(management.with_user(None)), auth=(management.user or "", management.password or "")
    ) as client:
        await make_users(client, vhost, {party: URL(url.get_secret_value()) for party, url in urls.items()})


if __name__ == "__main__":
    asyncio.run(run(TopologySettings()))
