"""Each object has the right keys and types. Each is judged alone, so that all problems are found.

What is wrong is also taken out of the document: what is left can be judged for its references.
"""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.project_file.format import (
    DIGITS,
    EMAIL,
    GUARDIAN_CODE,
    OPTIONS_FORMAT,
    PROJECT_FORMAT,
    STAFF_CODE,
    Department,
    Group,
    Guardian,
    HomeClass,
    Part,
    ProjectFile,
    Slot,
    Student,
    Subject,
)
from shared.project_file.json_text import TWICE
from shared.project_file.problems import Found, Place

_M = TypeVar("_M", bound=BaseModel)

MOST_ITEMS = 50_000
LISTS: dict[str, type[Part]] = {
    "slots": Slot,
    "departments": Department,
    "home_classes": HomeClass,
    "groups": Group,
    "subjects": Subject,
    "students": Student,
    "guardians": Guardian,
}

_WRONG_TYPE = ("wrong_type", "The value has the wrong type.")
_UNSAFE = ("unsafe_characters", "Control, direction or other invisible characters are not allowed.")
_BY_TYPE = {
    "missing": ("missing", "The key is missing."),
    "extra_forbidden": ("unknown_key", "The format has no such key."),
    "string_too_long": ("too_long", "The text is too long."),
    "string_too_short": ("empty", "The text is empty."),
    "string_pattern_mismatch": _UNSAFE,
    "string_unicode": _UNSAFE,
    "too_long": ("too_many", "The list is too long."),
    "too_short": ("too_few", "The list is empty."),
    "greater_than_equal": ("out_of_range", "The number is too small."),
    "less_than_equal": ("out_of_range", "The number is too large."),
    "literal_error": ("unknown_value", "The value is not one of those allowed."),
    "bad_date": ("bad_date", "Not a date YYYY-MM-DD between 1900 and 2100."),
}
_BY_PATTERN = {
    DIGITS: ("code_not_digits", "A student code has digits only."),
    STAFF_CODE: ("malformed_code", "A code has letters, digits and . _ @ - only."),
    GUARDIAN_CODE: (
        "malformed_code",
        "A guardian's code begins with a letter; letters, digits and . _ @ - follow.",
    ),
    EMAIL: ("bad_email", "Not an e-mail address."),
}


def check_shape(document: dict[str, Any], found: Found) -> ProjectFile | None:
    """The file, or None when problems were found; those parts are then gone from the document."""
    judged = dict(document)
    for key, part in LISTS.items():
        if isinstance(document.get(key), list):
            # One beyond the limit is enough to be refused for its length.
            items = document[key][: MOST_ITEMS + 1]
            judged[key] = [_read(part, item, item, (key, at), found) for at, item in enumerate(items)]
            judged[key] = [item for item in judged[key] if item is not None]
            document[key] = [item if isinstance(item, dict) else {} for item in document[key]]
    file = _read(ProjectFile, judged, document, (), found)
    for key in LISTS:
        if not isinstance(document.get(key), list):
            document.pop(key, None)
    return file


def _read(model: type[_M], item: object, original: object, at: Place, found: Found) -> _M | None:
    try:
        return model.model_validate(item)
    except ValidationError as invalid:
        if found.full:
            found.more += invalid.error_count()
            return None
        object_id = item.get("id") if at and isinstance(item, dict) else None
        for error in invalid.errors(include_url=False, include_input=False):
            where = error["loc"]
            if TWICE in where:
                where = where[: where.index(TWICE)]
                if error["loc"][-1] == TWICE:
                    found.add((*at, *where), "duplicate_key", "A key stands twice in this object.", object_id)
            else:
                found.add((*at, *(step for step in where if step != "[key]")), *_said(error, at), object_id)
            _take_out(original, error["loc"])
        return None


def _said(error: ErrorDetails, at: Place) -> tuple[str, str]:
    kind, where = error["type"], error["loc"]
    if kind == "string_pattern_mismatch":
        return _BY_PATTERN.get(error["ctx"]["pattern"], _UNSAFE)
    if kind == "string_too_long" and at[:1] == ("students",) and where == ("code",):
        return ("code_too_long", "A student code has at most 20 digits.")
    if kind == "literal_error" and not at and where == ("format",):
        return ("unknown_format", f"The format must be {PROJECT_FORMAT} or {OPTIONS_FORMAT}.")
    return _BY_TYPE.get(kind, _WRONG_TYPE)


def _take_out(item: object, where: Place) -> None:
    """Objects lose the key; in a list the place is kept, for the places after it."""
    *road, last = [step for step in where if step != "[key]"] or [""]
    for step in road:
        if isinstance(item, dict):
            item = item.get(step)
        elif isinstance(item, list) and isinstance(step, int) and step < len(item):
            item = item[step]
    if isinstance(item, dict):
        item.pop(last, None)
    elif isinstance(item, list) and isinstance(last, int) and last < len(item):
        item[last] = None
