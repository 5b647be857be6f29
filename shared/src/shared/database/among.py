"""`column = ANY(:values)`: one parameter and one prepared statement, however many values there are."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute


def among(
    column: InstrumentedAttribute[Any] | ColumnElement[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """Whether the column has one of these values."""
    return column == any_(literal(list(values), ARRAY(column.type)))
