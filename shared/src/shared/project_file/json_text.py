"""From bytes to plain JSON values: UTF-8, no NaN, no key twice, all text in Unicode's composed form (NFC)."""

import json
import re
import unicodedata
from typing import Any

from shared.project_file.problems import Found

# Left in an object in which a key stands twice: no format knows it, so it is reported with its place.
TWICE = "\0twice"
KEYS_IN_AN_OBJECT = 200

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class _NotANumber(ValueError):
    pass


class _TooManyKeys(ValueError):
    pass


def parse(raw: bytes, found: Found) -> dict[str, Any]:
    """The JSON object in the file; raises ProjectFileProblems when there is none."""
    document: object = None
    try:
        text = raw.decode("utf-8-sig")
        if text.strip():
            document = _loads(_composed(text))
            if not isinstance(document, dict):
                found.add((), "not_an_object", "The file must hold one JSON object.")
        else:
            found.add((), "empty_file", "The file is empty.")
    except UnicodeDecodeError as error:
        found.add((), "not_utf8", f"Not UTF-8 at byte {error.start}.")
    except _NotANumber:
        found.add((), "not_a_number", "NaN and Infinity are not JSON.")
    except _TooManyKeys:
        found.add((), "too_many_keys", f"An object has more than {KEYS_IN_AN_OBJECT} keys.")
    except json.JSONDecodeError as error:
        found.add((), "not_json", f"Not JSON at line {error.lineno}, column {error.colno}.")
    except ValueError:
        found.add((), "not_json", "Not JSON: a number has too many digits.")
    except RecursionError:
        found.add((), "nested_too_deep", "The JSON is nested too deep.")
    found.stop_if_any()
    assert isinstance(document, dict)  # noqa: S101 - for the type checker: anything else was found above
    return document


def _composed(text: str) -> str:
    # Escapes hide characters from normalisation, so they are written out first. A lone surrogate fits in no
    # UTF-8 database; as NUL it is refused at its own place like any other unsafe character.
    if "\\u" in text:
        text = json.dumps(_loads(text), ensure_ascii=False)
        text = _LONE_SURROGATE.sub(r"\\u0000", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _loads(text: str) -> object:
    return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > KEYS_IN_AN_OBJECT:
        raise _TooManyKeys
    members = dict(pairs)
    if len(members) < len(pairs):
        members[TWICE] = True
    return members


def _refuse_constant(_: str) -> None:
    raise _NotANumber
