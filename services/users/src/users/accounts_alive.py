"""Whose access tokens users still takes: it needs no message for that, it reads its own accounts."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.ids import UserCode
from shared.runtime.access import SessionVersion
from users.models import User

_NONE_ALIVE: Final = 2**31


def alive_from(engine: AsyncEngine) -> SessionVersion:
    """Archived and unknown users have no token that lives; others from their session version on."""
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    account = select(User.session_version, User.archived_at)

    async def read(code: UserCode) -> int:
        async with autocommit.connect() as database:
            user = (await database.execute(account.where(User.code == code))).one_or_none()
        return user.session_version if user and user.archived_at is None else _NONE_ALIVE

    return read
