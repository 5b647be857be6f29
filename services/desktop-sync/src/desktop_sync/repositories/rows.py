"""Bringing many rows in one statement: PostgreSQL compares and counts."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CursorResult,
    Delete,
    delete,
    literal_column,
    or_,
    select,
)
from sqlalchemy import Row as SqlRow
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import Base
from shared.database.set_based import Row, as_rows, inserting, table_of

Found = SqlRow[*tuple[Any, ...]]
"""A row of a query."""


class Tally(NamedTuple):
    """What became of some rows."""

    created: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0

    def __add__(self, other: object) -> Self:
        """Counts add up; they do not concatenate."""
        return type(self)(*map(sum, zip(self, cast("Self", other), strict=True)))

    @property
    def is_change(self) -> bool:
        return bool(self.created or self.updated or self.removed)


async def bring(session: AsyncSession, model: type[Base], rows: Sequence[Row], *key: str) -> Tally:
    """Insert what is new, update what differs, leave the rest alone; `key` is else the primary key."""
    if not rows:
        return Tally()
    table = table_of(model)
    keys = key or tuple(c.key for c in table.primary_key)
    statement: Any = inserting(table, rows)
    others = [name for name in rows[0] if name not in keys]
    if others:
        statement = statement.on_conflict_do_update(
            index_elements=[table.c[name] for name in keys],
            set_={name: statement.excluded[name] for name in others},
            where=or_(*(table.c[name].is_distinct_from(statement.excluded[name]) for name in others)),
        )
    else:
        statement = statement.on_conflict_do_nothing()
    # xmax is 0 in a row version that no transaction has yet replaced: it was inserted just now.
    touched = (await session.scalars(statement.returning(literal_column("xmax = 0", Boolean)))).all()
    created = touched.count(True)
    return Tally(created, len(touched) - created, 0, len(rows) - len(touched))


async def keep_only(
    session: AsyncSession, model: type[Base], rows: Sequence[Row], within: ColumnElement[bool]
) -> Tally:
    """Delete the rows `within` a condition that are not among these.

    Compared here, not in one DELETE … NOT EXISTS: while its statistics are old PostgreSQL takes a large table
    for a small one, and then compares each row with each.
    """
    table = table_of(model)
    keys = list(table.primary_key)
    wanted = {tuple(row[key.name] for key in keys) for row in rows}
    present = await session.execute(select(*keys).where(within))
    surplus = [dict(zip(key._fields, key, strict=True)) for key in present if tuple(key) not in wanted]
    if not surplus:
        return Tally()
    gone = as_rows(table, surplus)
    same = (table.c[key.name] == gone.c[key.name] for key in keys)
    return Tally(removed=await delete_rows(session, delete(table).where(*same)))


async def replace(
    session: AsyncSession, model: type[Base], rows: Sequence[Row], within: ColumnElement[bool]
) -> Tally:
    """Of the rows `within` a condition exactly these remain."""
    return await keep_only(session, model, rows, within) + await bring(session, model, rows)


async def delete_rows(session: AsyncSession, statement: Delete) -> int:
    """Run a DELETE; how many rows went."""
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount
