"""Lists: `{"items": […], "next": cursor|null}`, limit 50, at most 200; keyset paging, one query a page."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, DateTime, Select, Text, Uuid, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from shared.errors import InvalidInput
from shared.runtime.input import MAX_BIGINT, clean

T = TypeVar("T")
R = TypeVar("R")
Q = TypeVar("Q", bound=Select[*tuple[Any, ...]])

DEFAULT, MOST = 50, 200

Limit = Annotated[int, Query(ge=1, le=MOST)]
Cursor = Annotated[str | None, Query(max_length=1000)]


class Page(BaseModel, Generic[T]):
    """One page; `next` goes into `cursor=` for the following one, and is null on the last."""

    items: list[T]
    next: str | None = None


class Keyset:
    """Where a page begins: after the sort key of the last row of the page before."""

    def __init__(self, limit: int, cursor: str | None, *columns: ColumnElement[Any] | Any) -> None:
        self.limit = limit
        self.columns = columns
        self.after = _decode(cursor, columns) if cursor else None

    def apply(self, query: Q) -> Q:
        """Order and cut the query; one row more is asked for, to know whether there is a next page."""
        if self.after is not None:
            values = [
                literal(value, column.type) for value, column in zip(self.after, self.columns, strict=True)
            ]
            query = query.where(tuple_(*self.columns) > tuple_(*values))
        return query.order_by(*self.columns).limit(self.limit + 1)

    def page(self, rows: Sequence[R], show: Callable[[R], T], key: Callable[[R], tuple[Any, ...]]) -> Page[T]:
        """The page of these rows."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(items=[show(row) for row in shown], next=_encode(key(shown[-1])) if more else None)


class NewestFirst(Keyset):
    """The same backwards: what is greatest comes first."""

    def apply(self, query: Q) -> Q:
        """Order and cut the query, from the end."""
        if self.after is not None:
            values = [
                literal(value, column.type) for value, column in zip(self.after, self.columns, strict=True)
            ]
            query = query.where(tuple_(*self.columns) < tuple_(*values))
        return query.order_by(*(column.desc() for column in self.columns)).limit(self.limit + 1)


class PersonKeyset(Keyset):
    """Sorted by name, then code; the cursor holds the code alone: a name may not stand in a URL."""

    def __init__(
        self,
        limit: int,
        cursor: str | None,
        sort: ColumnElement[Any] | InstrumentedAttribute[Any],
        code: ColumnElement[Any] | InstrumentedAttribute[Any],
    ) -> None:
        super().__init__(limit, cursor, code)
        self._sort, self._code = sort, code

    def apply_from(self, query: Q, names: Select[*tuple[Any, ...]]) -> Q:
        """`names` selects the sort key of every person: of the last one shown it says where to go on."""
        if self.after is not None:
            [code] = self.after
            here = names.where(self._code == code).correlate(None).scalar_subquery()
            query = query.where(tuple_(self._sort, self._code) > tuple_(here, literal(code)))
        return query.order_by(self._sort, self._code).limit(self.limit + 1)


def _encode(key: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, default=str).encode()).decode()


def _decode(cursor: str, columns: Sequence[Any]) -> list[Any]:
    wrong = InvalidInput(
        "The cursor is not one of ours", errors=[{"place": "query.cursor", "kind": "cursor"}]
    )
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError, UnicodeError) as error:
        raise wrong from error
    if not isinstance(values, list) or len(values) != len(columns):
        raise wrong
    try:
        return [_typed(value, column.type) for value, column in zip(values, columns, strict=True)]
    except ValueError as error:
        raise wrong from error


def _typed(value: Any, kind: TypeEngine[Any]) -> Any:
    """A value from a cursor as its column holds it. Raises ValueError."""
    if isinstance(kind, Uuid):
        return UUID(str(value))
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    if type(value) is not (str if isinstance(kind, Text) else kind.python_type):
        raise ValueError("of another type")
    if isinstance(value, int) and abs(value) > MAX_BIGINT:
        raise ValueError("beyond the column")
    return clean(value) if isinstance(value, str) else value
