"""Ids and codes that a service has shown itself: who asks for them meets something.

They are gathered by the name they are shown under, so a new route that lists something is heard by itself.
"""

import random
from collections import defaultdict
from typing import Any

import httpx

Familiar = dict[str, list[Any]]
Json = dict[str, Any]

_ASIDE = frozenset({"state", "type", "kind", "reason", "next", "at"})
"""Words, not things: what is drawn for them is as good."""
_SAME = {"code": "student", "message": "id", "entry": "history"}


async def familiar_at(client: httpx.AsyncClient, document: Json) -> Familiar:
    """What the lists show, then what is shown of one of each."""
    found: dict[str, dict[Any, None]] = defaultdict(dict)
    reading = [path for path, operations in document["paths"].items() if "get" in operations]
    for path in sorted(reading, key=lambda path: path.count("{")):
        known = {name: list(values) for name, values in found.items()}
        concrete = path
        for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
            values = known_as(known, name) or [0]
            concrete = concrete.replace(f"{{{name}}}", str(values[0]))
        if concrete.endswith("/events"):
            continue  # these do not end
        answer = await client.get(concrete, params={"state": "parked"} if path == "/messages" else None)
        if answer.status_code == 200:
            of = next(part for part in reversed(path.split("/")) if not part.startswith("{"))
            _hear(answer.json(), _one(of), found)
    return {name: list(values) for name, values in found.items()}


def known_as(familiar: Familiar, name: str) -> list[Any]:
    """The values for a parameter or field of this name."""
    plain = name.removesuffix("_id")
    return familiar.get(_SAME.get(plain, plain)) or familiar.get(plain, [])


def made_familiar(value: Any, familiar: Familiar, chance: random.Random) -> Any:
    """The same input, naming things that are there."""
    if isinstance(value, dict):
        return {name: _of_name(name, inner, familiar, chance) for name, inner in value.items()}
    return value


def _of_name(name: str, value: Any, familiar: Familiar, chance: random.Random) -> Any:
    if isinstance(value, dict):
        return made_familiar(value, familiar, chance)
    if isinstance(value, list):
        if known := known_as(familiar, _one(name)):
            return chance.sample(known, min(len(value), len(known), 3))
        return [made_familiar(inner, familiar, chance) for inner in value]
    known = known_as(familiar, name)
    return chance.choice(known) if known and value is not None else value


def _hear(told: Any, name: str, found: dict[str, dict[Any, None]]) -> None:
    if isinstance(told, dict):
        for key, value in told.items():
            _hear(value, name if key in {"id", "items"} else key, found)
    elif isinstance(told, list):
        for value in told:
            _hear(value, name if name.islower() and not name.endswith("s") else _one(name), found)
    elif told is not None and name not in _ASIDE:
        found[name][told] = None


def _one(name: str) -> str:
    """ "departures" → "departure", "classes" → "class", "branches" → "branch"."""
    for ending, one in (("sses", "ss"), ("ches", "ch"), ("ies", "y"), ("s", "")):
        if name.endswith(ending):
            return name.removesuffix(ending) + one
    return name
