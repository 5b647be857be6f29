"""Ids are unique per list; codes where people would mix them up."""

from collections.abc import Iterator
from typing import Any

from shared.project_file.problems import Found, Place
from shared.project_file.shape import LISTS

Keys = Iterator[tuple[Place, tuple[Any, ...], object]]
"""Place, what must be unique (not judged with None in front), id of the object."""


def check_uniqueness(document: dict[str, Any], found: Found) -> None:
    twice: set[Place] = set()
    for kind in LISTS:
        _report(
            _ids(document, kind), "duplicate_id", "Another object of this list has the same id.", found, twice
        )
    _report(_moments(document), "duplicate_slot", "Another slot has the same time.", found, twice)
    people = (_codes(document, "students"), _codes(document, "guardians"))
    for codes in (*people, _codes(document, "departments"), _group_codes(document)):
        _report(codes, "duplicate_code", "Another one has the same code.", found, twice)


def _report(keys: Keys, code: str, text: str, found: Found, twice: set[Place]) -> None:
    """An object that stands in the file twice is reported once."""
    seen: set[tuple[Any, ...]] = set()
    for place, key, object_id in keys:
        if None not in key[:2] and key in seen and place[:2] not in twice:
            found.add(place, code, text, object_id)
            twice.add(place[:2])
        seen.add(key)


def _ids(document: dict[str, Any], kind: str) -> Keys:
    """A subject may stand there once per department."""
    for at, item in enumerate(document.get(kind) or ()):
        department = item.get("department") if kind == "subjects" else ""
        yield (kind, at, "id"), (item.get("id"), kind, department), item.get("id")


def _moments(document: dict[str, Any]) -> Keys:
    for at, item in enumerate(document.get("slots") or ()):
        yield ("slots", at), (item.get("day"), item.get("period"), item.get("week")), item.get("id")


def _codes(document: dict[str, Any], kind: str) -> Keys:
    """A person without a code is given one that is free; departments are known by their id."""
    for at, item in enumerate(document.get(kind) or ()):
        code = item.get("code") or (item.get("id") if kind == "departments" else None)
        yield (kind, at, "code"), (code,), item.get("id")


def _group_codes(document: dict[str, Any]) -> Keys:
    """Home classes and cluster groups are both groups of the portal; bound groups are the desktop's only."""
    for kind in ("home_classes", "groups"):
        for at, item in enumerate(document.get(kind) or ()):
            bound = kind == "groups" and item.get("home_class") is not None
            code = None if bound else item.get("code") or item.get("id")
            yield (kind, at, "code"), (item.get("department"), code), item.get("id")
