"""Archived means dead at once: a copy of the accounts' session versions, kept by users' facts.

Portal and desktop refuse a token older than what the fact said (names.md; at most 2 s later by message).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Boolean, Column, DateTime, Integer, Table, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.facts import AccountArchived, AccountRestored
from shared.contracts.ids import UserCode
from shared.database.base import new_metadata
from shared.messaging.unit_of_work import UnitOfWork
from shared.runtime.access import SessionVersion

metadata = new_metadata()

account = Table(
    "account",
    metadata,
    Column("user", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("session_version", Integer, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


def alive_from(engine: AsyncEngine) -> SessionVersion:
    """Reads the session version below which a user's tokens are dead (0: never archived)."""
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    query = select(account.c.session_version)

    async def read(user: UserCode) -> int:
        async with autocommit.connect() as database:
            return await database.scalar(query.where(account.c.user == user)) or 0

    return read


async def note_accounts(uow: UnitOfWork, facts: Sequence[AccountArchived | AccountRestored]) -> None:
    """Keep the newest word of users on each account; session versions only rise."""
    newest: dict[UserCode, AccountArchived | AccountRestored] = {}
    for fact in facts:
        if isinstance(fact, AccountRestored) and not fact.changed:
            continue  # it found nothing to restore: he may well be archived
        if fact.user not in newest or fact.version > newest[fact.user].version:
            newest[fact.user] = fact
    if not newest:
        return
    rows: list[dict[str, UserCode | int | bool | datetime]] = [
        {
            "user": fact.user,
            "version": fact.version,
            "session_version": fact.session_version,
            "archived": isinstance(fact, AccountArchived),
            "at": fact.at,
        }
        for _, fact in sorted(newest.items())
    ]
    statement = insert(account).values(rows)
    await uow.session.execute(
        statement.on_conflict_do_update(
            index_elements=[account.c.user],
            set_={
                name: statement.excluded[name] for name in ("version", "session_version", "archived", "at")
            },
            where=account.c.version < statement.excluded.version,
        )
    )
