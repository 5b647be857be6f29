"""Many rows in one statement: they go over as one JSON parameter, and PostgreSQL makes rows of it.

`SetBasedSession` writes changes of models the same way: a flush of 400 departures with 1,600 steps is one
INSERT for each of the two tables, where the ORM's own sends one for each row.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import (
    Column,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    event,
    func,
    inspect,
    select,
    update,
)
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapper, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Row = Mapping[str, Any]
"""A row to write, by column."""

_WORTH_IT: Final = 2
"""A single row goes the ORM's way."""


def table_of(model: type[DeclarativeBase] | Mapper[Any]) -> Table:
    """The one table of a model."""
    return cast("Table", inspect(model).local_table)


def as_rows(table: Table, rows: Sequence[Row], name: str = "given") -> Any:
    """These rows as something to select from: `jsonb_to_recordset(:rows) AS given(id uuid, …)`."""
    columns = (named(key, table.c[key].type) for key in rows[0])
    given = bindparam(None, [dict(row) for row in rows], type_=JSONB, unique=True)
    return func.jsonb_to_recordset(given).table_valued(*columns).render_derived(name=name, with_types=True)


def inserting(table: Table, rows: Sequence[Row]) -> Insert:
    """INSERT all of these, in their order; there are some, and all have the same columns."""
    return insert(table).from_select(list(rows[0]), select(as_rows(table, rows)))


async def insert_rows(session: AsyncSession, table: Table, rows: Sequence[Row]) -> None:
    """Insert all of these, if there are any."""
    if rows:
        await session.execute(inserting(table, rows))


class SetBasedSession(Session):
    """Flushes crowds of new or changed objects of one table in one statement.

    What it cannot do so (keys made by the database, bytes, deletions) it leaves to the ORM, and with it all
    that may refer to it.
    """


@event.listens_for(SetBasedSession, "before_flush")
def _write_crowds(session: Session, *_: object) -> None:
    if len(session.new) >= _WORTH_IT:
        for mapper, crowd in _in_order(session.new):
            if not _insert_crowd(session, mapper, crowd):
                break
    if len(session.dirty) >= _WORTH_IT:
        for mapper, crowd in _in_order(session.dirty):
            _update_crowd(session, mapper, crowd)


def _in_order(objects: Iterable[Any]) -> list[tuple[Mapper[Any], list[Any]]]:
    """Objects by mapper, those that others refer to first."""
    crowds = defaultdict(list)
    for one in objects:
        crowds[inspect(one).mapper].append(one)
    return sorted(crowds.items(), key=lambda item: _ranks(item[0].local_table.metadata)[table_of(item[0])])


@cache
def _ranks(metadata: MetaData) -> dict[Table, int]:
    return {table: rank for rank, table in enumerate(metadata.sorted_tables)}


def _columns(mapper: Mapper[Any]) -> dict[str, Column[Any]]:
    return {mapper.get_property_by_column(column).key: column for column in table_of(mapper).columns}


def _insert_crowd(session: Session, mapper: Mapper[Any], crowd: list[Any]) -> bool:
    """Insert them, each in the columns it has; False when that cannot be, and nothing was done."""
    columns = _columns(mapper)
    primary = {key for key, column in columns.items() if column.primary_key}
    by_keys = _alike(crowd, lambda one: _said(one, columns))
    if any(isinstance(column.type, LargeBinary) for column in columns.values()):
        return False
    if not all(primary <= keys for keys in by_keys):
        return False
    for keys, alike in by_keys.items():
        rows = [{columns[key].key: getattr(one, key) for key in sorted(keys)} for one in alike]
        session.connection().execute(inserting(table_of(mapper), rows))
    for one in crowd:
        session.expunge(one)
    for one in crowd:
        make_transient_to_detached(one)
    session.add_all(crowd)
    return True


def _said(one: Any, columns: Mapping[str, Column[Any]]) -> frozenset[str]:
    """What the object says of itself, and its model for it; what nobody says is NULL, or the database's."""
    for key, column in columns.items():
        if key in one.__dict__:
            continue
        if isinstance(column.default, ScalarElementColumnDefault):
            set_committed_value(one, key, column.default.arg)
        elif column.nullable and column.server_default is None:
            set_committed_value(one, key, None)
    return frozenset(key for key in columns if key in one.__dict__)


def _update_crowd(session: Session, mapper: Mapper[Any], crowd: list[Any]) -> None:
    columns = _columns(mapper)
    primary = {key for key, column in columns.items() if column.primary_key}
    table = table_of(mapper)
    for keys, alike in _alike(crowd, lambda one: _changed(one, columns)).items():
        binary = any(isinstance(columns[key].type, LargeBinary) for key in keys)
        if len(alike) < _WORTH_IT or not keys or keys & primary or binary:
            continue
        wanted = sorted(keys | primary)
        rows = as_rows(table, [{columns[key].key: getattr(one, key) for key in wanted} for one in alike])
        same = (columns[key] == rows.c[columns[key].key] for key in primary)
        values = {columns[key].key: rows.c[columns[key].key] for key in keys}
        written = session.connection().execute(update(table).where(*same).values(values))
        if written.rowcount != len(alike):
            raise StaleDataError(f"{len(alike) - written.rowcount} of {table.name} are gone")
        for one in alike:
            for key in keys:
                set_committed_value(one, key, getattr(one, key))


def _changed(one: Any, columns: Mapping[str, Column[Any]]) -> frozenset[str]:
    attributes = inspect(one).attrs
    return frozenset(key for key in columns if attributes[key].history.has_changes())


def _alike(crowd: list[Any], keys_of: Callable[[Any], frozenset[str]]) -> dict[frozenset[str], list[Any]]:
    """Objects that are written in the same columns."""
    groups: defaultdict[frozenset[str], list[Any]] = defaultdict(list)
    for one in crowd:
        groups[keys_of(one)].append(one)
    return groups
