"""`/messages`: what waits, what failed; retry it, or skip it with a reason. Never a body."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import null, select

from shared.contracts.rights import Permission
from shared.errors import NotFound
from shared.messaging import inbox
from shared.messaging.tables import inbox as inbox_table
from shared.messaging.tables import outbox
from shared.messaging.unit_of_work import UnitOfWork
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import Input, ShortText
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page
from shared.runtime.work import work


class MessageState(StrEnum):
    """waiting: not yet confirmed by the broker; retrying and parked: received, and not yet applied."""

    WAITING = "waiting"
    RETRYING = "retrying"
    PARKED = "parked"


class FailedMessage(BaseModel):
    id: UUID
    type: str
    state: MessageState
    at: datetime
    attempts: int
    error: str | None
    next_attempt_at: datetime | None


class SkipReason(Input):
    reason: Annotated[ShortText, Query(min_length=3)]


Operator = Annotated[Caller, Allowed(Permission.OPERATE)]
Work = Annotated[UnitOfWork, work(UnitOfWork)]

router = APIRouter(prefix="/messages", tags=["messages"])


@router.get("")
async def list_messages(
    _: Operator, uow: Work, state: MessageState, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Page[FailedMessage]:
    """Messages that are not where they should be, oldest first."""
    if state is MessageState.WAITING:
        keyset = Keyset(limit, cursor, outbox.c.id)
        query = select(
            outbox.c.id.label("position"),
            outbox.c.message_id.label("id"),
            outbox.c.type,
            outbox.c.created_at.label("at"),
            null().label("attempts"),
            null().label("error"),
            null().label("next_attempt_at"),
        ).where(outbox.c.published_at.is_(None))
    else:
        keyset = Keyset(limit, cursor, inbox_table.c.id)
        query = select(
            inbox_table.c.id.label("position"),
            inbox_table.c.id,
            inbox_table.c.type,
            inbox_table.c.received_at.label("at"),
            inbox_table.c.attempts,
            inbox_table.c.error,
            inbox_table.c.next_attempt_at,
        ).where(inbox_table.c.state == state)
    rows = (await uow.session.execute(keyset.apply(query))).all()
    return keyset.page(rows, lambda row: _show(row, state), lambda row: (row.position,))


@router.post("/{message_id}/retry")
async def retry_message(_: Operator, uow: Work, message_id: str) -> dict[str, str]:
    """Try it now, with all attempts before it."""
    identity = _uuid(message_id)
    if not await inbox.try_again(uow.session, identity):
        raise NotFound
    uow.record("message.retry", "message", [identity])
    return {"state": MessageState.RETRYING}


@router.post("/{message_id}/skip")
async def skip_message(_: Operator, uow: Work, message_id: str, body: SkipReason) -> dict[str, str]:
    """Give it up; the reason stays in the audit."""
    identity = _uuid(message_id)
    if not await inbox.skip(uow.session, identity, body.reason):
        raise NotFound
    uow.record("message.skip", "message", [identity], reason=body.reason)
    return {"state": inbox.SKIPPED}


def _show(row: Any, state: MessageState) -> FailedMessage:
    return FailedMessage(
        id=row.id,
        type=row.type,
        state=state,
        at=row.at,
        attempts=row.attempts or 0,
        error=row.error,
        next_attempt_at=row.next_attempt_at,
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
