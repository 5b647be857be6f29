"""The operations of a service as its document names them, each with an input that has the right shape."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.shapes.familiar import Familiar, known_as

Json = dict[str, Any]

_OF_FORMAT = {
    "date": "2027-01-31",
    "date-time": "2026-09-01T08:00:00Z",
    "uuid": "0190d5a0-0000-7000-8000-000000000000",
    "uri": "http://127.0.0.1:9/",
}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    told: Json
    document: Json
    familiar: Familiar

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def body(self) -> Json | None:
        """The schema of what it takes as JSON."""
        content = self.told.get("requestBody", {}).get("content", {})
        schema: Json | None = content.get("application/json", {}).get("schema")
        return schema

    def parameters(self, place: str) -> dict[str, Json]:
        return {one["name"]: one for one in self.told.get("parameters", []) if one["in"] == place}

    def takes(self, header: str) -> bool:
        return header.lower() in {name.lower() for name in self.parameters("header")}

    def address(self, **instead: str) -> str:
        """With ids of things that are there, and the query that it cannot do without."""
        path = self.path
        for name, parameter in self.parameters("path").items():
            path = path.replace(f"{{{name}}}", quote(instead.get(name) or self._value(name, parameter)))
        needed = {name: one for name, one in self.parameters("query").items() if one["required"]}
        query = "&".join(f"{name}={quote(self._value(name, one))}" for name, one in needed.items())
        return f"{path}?{query}" if query else path

    def _value(self, name: str, parameter: Json) -> str:
        return str(self.right(parameter["schema"], name))

    def right(self, schema: Json, name: str = "") -> Any:
        """An input of this shape with every field, naming what is there."""
        schema = self.plain(schema)
        match schema.get("type"):
            case "object":
                return {key: self.right(value, key) for key, value in schema.get("properties", {}).items()}
            case "array":
                return [self.right(schema.get("items", {}), name.removesuffix("s"))]
            case "boolean":
                return False
            case "integer" | "number":
                return self._known(int, name) or int(schema.get("minimum", 1))
            case "string" if not _words(schema):
                text = self._known(str, name, schema.get("pattern", "")) or _OF_FORMAT.get(
                    schema.get("format", ""), "1"
                )
                return text.ljust(schema.get("minLength", 0), "1")
        return next(iter(_words(schema)), None)

    def _known(self, kind: type, name: str, pattern: str = "") -> Any:
        """A department's code is no student's: what is known under a name must fit the place too."""
        known = (one for one in known_as(self.familiar, name) if type(one) is kind)
        if kind is str and r"\p" not in pattern:  # such a class of signs lets every code through
            known = (one for one in known if re.search(pattern, str(one)))
        return next(known, None)

    def plain(self, schema: Json) -> Json:
        """Without references; of several shapes the first that is not null."""
        while True:
            if reference := schema.get("$ref"):
                schema = self.document["components"]["schemas"][reference.rpartition("/")[2]]
            elif several := schema.get("anyOf") or schema.get("oneOf"):
                schema = next(one for one in several if one.get("type") != "null")
            else:
                return schema


def _words(schema: Json) -> list[Any]:
    """The words that are allowed, where not all are."""
    return schema.get("enum") or [schema[one] for one in ("const",) if one in schema]


def operations_of(document: Json, familiar: Familiar) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield Operation(method, path, told, document, familiar)
