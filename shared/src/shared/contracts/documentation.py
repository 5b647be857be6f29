"""docs/messages.md and docs/asyncapi.json, made from the contracts: `make docs`."""

import json
import sys
from collections.abc import Iterable
from inspect import cleandoc, getmro
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.contracts.catalogue import CONTRACTS
from shared.contracts.message import COMMANDS, FACTS, Command, Contracts, Message
from shared.contracts.values import Party

_HEAD = """\
# Messages

Made from `shared/contracts` by `make docs`; a test holds it up to date. How they travel: `shared/messaging`.

All bodies are JSON. Readers ignore fields they do not know; a breaking change is a new type `….v2` beside the
old one. On the wire: CloudEvents 1.0, binary mode over AMQP 0-9-1, persistent. The type is the routing key.

| property | what |
|---|---|
| `message_id`, header `cloudEvents:id` | a UUIDv7; a second message with the same id is dropped |
| `type`, header `cloudEvents:type` | the type, equal to the routing key |
| `correlation_id` | one for all that came of one request |
| `user_id` | the sender's RabbitMQ user, checked by the broker |
| header `traceparent` | W3C Trace Context, when the request had one |
| headers `cloudEvents:specversion`, `:source`, `:time` | `1.0`, `/doorstroom/<user>`, when it was written |

A message may arrive twice and in any order. Order is by the `version` in a body, never by arrival.
"""


def messages_page(contracts: Contracts) -> str:
    """The page for people: every message, by exchange."""
    parts = [_HEAD]
    for exchange, title in ((COMMANDS, "Commands"), (FACTS, "Facts")):
        messages = [m for m in contracts.by_type.values() if m.exchange == exchange]
        parts.append(f"## {title}: exchange `{exchange}`\n")
        parts.append("| type | senders | receivers |\n|---|---|---|")
        parts += [
            f"| [`{m.type}`](#{_anchor(m)}) | {_names(m.senders)} | {_names(m.receivers)} |" for m in messages
        ]
        parts += ["", *map(_section, messages)]
    return "\n".join(parts)


def _section(message: type[Message]) -> str:
    schema = message.model_json_schema()
    lines = [f"### {message.type}\n", f"`{message.__name__}`. {_story(message)}\n"]
    if issubclass(message, Command):
        lines.append(f"Permission: `{message.permission}`.\n")
    if message.personal:
        lines.append("Personal: its body is blanked once it is delivered and applied.\n")
    lines += _fields(schema)
    for name, part in schema.get("$defs", {}).items():
        if "properties" in part:
            lines += [f"`{name}`: {part.get('description', '')}\n", *_fields(part)]
    return "\n".join(lines)


def _fields(schema: dict[str, Any]) -> list[str]:
    required = schema.get("required", [])
    rows = [
        f"| `{name}` | {_kind(field, schema)} | {'yes' if name in required else f'no, {_default(field)}'} |"
        for name, field in schema["properties"].items()
    ]
    return ["| field | what | required |", "|---|---|---|", *rows, ""]


def _default(field: dict[str, Any]) -> str:
    return f"`{json.dumps(field.get('default'))}`"


def _kind(field: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        words = schema.get("$defs", {}).get(name, {}).get("enum")
        return " · ".join(f"`{word}`" for word in words) if words else f"`{name}`"
    if "anyOf" in field:
        return " or ".join(_kind(one, schema) for one in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_kind(field['items'], schema)}"
    pattern = f" `{field['pattern']}`" if "pattern" in field else ""
    return f"{field.get('format', field['type'])}{pattern}"


def _story(message: type[Message]) -> str:
    """Its docstring, or that of the nearest kind of message above it."""
    texts = (vars(kind).get("__doc__") for kind in getmro(message))
    return cleandoc(next(text for text in texts if text))


def _names(parties: Iterable[Party]) -> str:
    return ", ".join(sorted(parties))


def _anchor(message: type[Message]) -> str:
    return message.type.replace(".", "")


def asyncapi(contracts: Contracts) -> dict[str, Any]:
    """The document for programs: AsyncAPI 3.0, from the services' side."""
    messages = list(contracts.by_type.values())
    schemas = models_json_schema(
        [(message, "validation") for message in messages], ref_template="#/components/schemas/{model}"
    )[1]["$defs"]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Doorstroom",
            "version": "1",
            "description": "Made from the contracts by `make docs`.",
        },
        "defaultContentType": "application/json",
        "channels": {message.type: _channel(message) for message in messages},
        "operations": {
            f"{party}.{action}.{message.type}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{message.type}"},
                "tags": [{"name": party.value}],
            }
            for message in messages
            for action, parties in (("send", message.senders), ("receive", message.receivers))
            for party in sorted(parties)
        },
        "components": {
            "messages": {message.__name__: _message(message) for message in messages},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _channel(message: type[Message]) -> dict[str, Any]:
    return {
        "address": message.type,
        "messages": {message.__name__: {"$ref": f"#/components/messages/{message.__name__}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": message.exchange, "type": "topic", "durable": True, "autoDelete": False},
            }
        },
    }


def _message(message: type[Message]) -> dict[str, Any]:
    return {
        "name": message.type,
        "summary": _story(message),
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{message.__name__}"},
        "bindings": {"amqp": {"messageType": message.type}},
    }


def written(contracts: Contracts) -> dict[str, str]:
    """Each file of docs/ that is made here, and its text."""
    return {
        "messages.md": messages_page(contracts),
        "asyncapi.json": json.dumps(asyncapi(contracts), indent=2, ensure_ascii=False) + "\n",
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for name, text in written(CONTRACTS).items():
        (folder / name).write_text(text, encoding="utf-8")
