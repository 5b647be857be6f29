"""`Idempotency-Key` on a POST: the same key and body get the same answer, for 24 hours.

The answer is written in its effect's transaction (draft-ietf-httpapi-idempotency-key-header).
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Header, Request
from sqlalchemy import insert, select, text

from shared.errors import InvalidInput
from shared.messaging.tables import idempotent_reply
from shared.messaging.unit_of_work import UnitOfWork

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]


class KeyReused(InvalidInput):
    """The key was used before, with another body."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"


async def answer_once(
    request: Request,
    uow: UnitOfWork,
    key: str | None,
    act: Callable[[], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Act, or give the answer of the first time. Raises KeyReused."""
    if key is None:
        return await act()
    route = f"{request.method} {request.scope['route'].path}"
    body_hash = hashlib.sha256(str(request.url).encode() + b"\0" + await request.body()).digest()
    identity = {"caller": uow.origin.actor, "route": route, "key": key}
    # Two requests with one key at once: the second waits here for the first one's answer.
    await uow.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:identity, 0))"), {"identity": str(identity)}
    )
    known = (await uow.session.execute(select(idempotent_reply).filter_by(**identity))).one_or_none()
    if known is None:
        reply = await act()
        await uow.session.execute(
            insert(idempotent_reply).values(**identity, body_hash=body_hash, reply=reply)
        )
        return reply
    if known.body_hash != body_hash:
        raise KeyReused
    first_reply: dict[str, Any] = known.reply
    return first_reply
