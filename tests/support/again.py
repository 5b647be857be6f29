"""Messages of a departure published once more, past the services: as a broker, a replay or a resend may."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import aio_pika

from shared.contracts.catalogue import CONTRACTS
from tests.support.eventually import eventually
from tests.support.rig import SERVICES, Rig

Message = Mapping[str, Any]

# Facts without an answer, and who hears them: whoever has taken one has taken what was sent before it.
_ANSWERLESS = {
    "portal.student.placed.v1": ("users",),
    "users.account.archived.v1": ("portal", "desktop_sync"),
    "users.account.restored.v1": ("portal", "desktop_sync"),
}


async def sent_about(rig: Rig, students: Sequence[str], like: str = "%") -> list[Message]:
    """All that the services ever said about these students, the oldest first."""
    query = (
        "SELECT message_id, type, body::text AS body, created_at FROM outbox WHERE type LIKE $2 AND "
        "coalesce(body->>'student', body->>'user') = ANY($1)"
    )
    found = [row for service in SERVICES for row in await rig.rows(service, query, list(students), like)]
    return sorted(found, key=lambda row: row["created_at"])


async def publish_again(rig: Rig, messages: Sequence[Message], *, new_ids: bool) -> None:
    """Each again, under its own id or a new one; returns when the broker has them all."""
    async with await aio_pika.connect(rig.stack.description["amqp"]) as connection:
        channel = await connection.channel()
        for message in messages:
            await _publish(channel, uuid4() if new_ids else message["message_id"], message)


async def all_taken(rig: Rig, students: Sequence[str]) -> None:
    """Wait until the services have taken all that was published about these students."""
    newest = {message["type"]: message for message in await sent_about(rig, students)}
    last = {uuid4(): (newest[kind], heard) for kind, heard in _ANSWERLESS.items() if kind in newest}
    async with await aio_pika.connect(rig.stack.description["amqp"]) as connection:
        channel = await connection.channel()
        for message_id, (message, _) in last.items():
            await _publish(channel, message_id, message)

    async def taken() -> bool:
        query = "SELECT 1 FROM inbox WHERE id = $1"
        return all(
            [await rig.rows(service, query, id_) for id_, (_, listen) in last.items() for service in listen]
        )

    await eventually(taken, what="all taken")
    await rig.quiet()


async def _publish(channel: aio_pika.abc.AbstractChannel, message_id: UUID, message: Message) -> None:
    contract = CONTRACTS.by_type[message["type"]]
    body = json.dumps(json.loads(message["body"])).encode()
    exchange = await channel.get_exchange(contract.exchange, ensure=False)
    await exchange.publish(
        aio_pika.Message(body, message_id=str(message_id), type=message["type"]),
        message["type"],
        mandatory=False,
    )
