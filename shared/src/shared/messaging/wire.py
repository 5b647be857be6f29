"""The wire: CloudEvents 1.0 binary mode over AMQP 0-9-1, JSON body, persistent, with an id of our own.

https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/amqp-protocol-binding.md: attributes are
headers `cloudEvents:…`; correlation id and message id also stand in AMQP's own properties.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError
from sqlalchemy import RowMapping

from shared.contracts.message import COMMANDS, FACTS, Envelope, Message

_UNNAMED = UUID("0b5a4f1e-8f0e-5d6b-9a39-3f1b6f1c2d10")
_BYWAY = "byway:"


class Unreadable(Exception):
    """A body or type nobody here can read; the text names the place, never a value."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came from the broker, not yet read."""

    id: UUID
    kind: str
    raw: bytes
    correlation_id: str
    traceparent: str | None
    sender: str | None

    def read(self, known: Mapping[str, type[Message]]) -> Message:
        """The message itself. Raises Unreadable."""
        contract = known.get(self.kind)
        if contract is None:
            raise Unreadable("came_by_a_byway" if self.kind.startswith(_BYWAY) else "unknown_type")
        try:
            message = contract.model_validate_json(self.raw)
        except ValidationError as error:
            places = {
                ".".join(map(str, e["loc"])) + " " + e["type"] for e in error.errors(include_input=False)
            }
            raise Unreadable("unreadable_body: " + ", ".join(sorted(places))) from None
        message.arrived(self.envelope)
        return message

    @property
    def envelope(self) -> Envelope:
        """What stands around the body, which can be read when the body cannot."""
        return Envelope(self.id, self.correlation_id, self.traceparent, self.sender)


def to_amqp(row: RowMapping, source: str) -> aio_pika.Message:
    """An outbox row as an AMQP message of ours; `source` is our RabbitMQ user, which the broker checks."""
    headers = {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": str(row["message_id"]),
        "cloudEvents:type": row["type"],
        "cloudEvents:source": f"/doorstroom/{source}",
        "cloudEvents:time": row["created_at"].isoformat(),
    }
    if row["traceparent"]:
        headers["traceparent"] = row["traceparent"]
    return aio_pika.Message(
        body=json.dumps(row["body"], separators=(",", ":")).encode(),
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=str(row["message_id"]),
        correlation_id=row["correlation_id"],
        type=row["type"],
        user_id=source,
        headers=dict(headers),
    )


def from_amqp(message: AbstractIncomingMessage) -> Arrival:
    """Read what stands around a body; a foreign message without an id of our kind gets one.

    The type is the routing key, which the broker checked against the sender's rights; the property `type`
    it does not check. On a byway it checked neither, and the routing key is no type (docs/decisions/0005).
    """
    kind, sender = _text(message.routing_key), message.user_id
    if _came_by_a_byway(message):
        kind = _BYWAY + kind
    try:
        message_id = UUID(message.message_id or "")
    except ValueError:
        name = _text(message.message_id).encode() or kind.encode() + b"\0" + message.body
        message_id = uuid5(_UNNAMED, hashlib.sha256((sender or "").encode() + b"\0" + name).hexdigest())
    return Arrival(
        id=message_id,
        kind=kind,
        raw=message.body,
        correlation_id=_text(message.correlation_id) or str(message_id),
        traceparent=_text(message.headers.get("traceparent")) or None,
        sender=sender,
    )


def _came_by_a_byway(message: AbstractIncomingMessage) -> bool:
    """Whether it was not published to an exchange of ours: a binding between exchanges and an alternate
    exchange leave the name of the first one, dead-lettering leaves its mark in the headers.
    """
    return message.exchange not in {COMMANDS, FACTS} or "x-death" in message.headers


def _text(value: object) -> str:
    """A property as text that a column can hold."""
    return str(value or "").replace("\0", "").encode(errors="replace").decode()
