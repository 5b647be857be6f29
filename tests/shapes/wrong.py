"""Every way in which an input of the right shape can be made wrong at one place (docs: what may come in)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.shapes.operations import Json, Operation

MARKER = "Jansen-van-Dongen"
LONG = MARKER * 1500


class Wrong(NamedTuple):
    """The input, the place that is wrong, and what is wrong there."""

    what: str
    place: tuple[str, ...]
    body: Any


def wrongs(operation: Operation, schema: Json) -> Iterator[Wrong]:
    right = operation.right(schema)
    for place, of in _places(operation, schema):
        for what, value in _values(of, right if not place else None):
            yield Wrong(f"{what} at {'.'.join(place) or 'the top'}", place, _with(right, place, value))


def _places(operation: Operation, schema: Json, place: tuple[str, ...] = ()) -> Iterator[tuple[Any, Json]]:
    schema = operation.plain(schema)
    yield place, schema
    if schema.get("type") == "object":
        for name, inner in schema.get("properties", {}).items():
            yield from _places(operation, inner, (*place, name))
    if schema.get("type") == "array":
        yield from _places(operation, schema.get("items", {}), (*place, "0"))


def _values(schema: Json, right: Any) -> Iterator[tuple[str, Any]]:
    """`right`: at the top."""
    kind = schema.get("type")
    if kind == "object":
        yield "a text for an object", MARKER
        yield "a list for an object", [MARKER]
        if schema.get("additionalProperties") is False:
            yield "an unknown field", _More({MARKER: MARKER})
    elif kind == "array":
        yield "a text for a list", MARKER
        yield "an object for a list", {MARKER: 1}
    elif kind == "boolean":
        yield "a text for a boolean", MARKER
        yield "NaN for a boolean", float("nan")
    elif kind in {"integer", "number"}:
        yield "a text for a number", MARKER
        yield "NaN", float("nan")
        yield "Infinity", float("inf")
        yield "a number beyond the column", 2**63
        yield "a number of 400 digits", 10**400
    elif kind == "string":
        yield "a list for a text", [MARKER]
        yield "a number for a text", 5.5
        yield "NUL", f"{MARKER}\x00"
        yield "half a sign", f"{MARKER}\ud800"
        yield "a text too long", LONG
        if schema.get("format") in {"date", "date-time"}:
            yield "a whole number for a date", 86_400
            yield "no date", MARKER
            yield "no such day", "2026-02-30"
        elif schema.get("format") == "uuid" or "enum" in schema or "const" in schema:
            yield "another word", MARKER


class _More(dict[str, Any]):
    """Fields beside those that are there."""


def _with(right: Any, place: tuple[str, ...], value: Any) -> Any:
    if not place:
        return {**right, **value} if isinstance(value, _More) else value
    first, *rest = place
    if isinstance(right, list):
        return [_with(right[0], tuple(rest), value)]
    return {**right, first: _with(right[first], tuple(rest), value)}
