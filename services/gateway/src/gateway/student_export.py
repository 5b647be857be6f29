"""A list of students as an import reads it (student_import/columns.py), safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.student_import.columns import NAMES, Column

# The house number is one text here, and the list is one branch's.
COLUMNS: Final = tuple(
    column for column in Column if column not in {Column.HOUSE_NUMBER_SUFFIX, Column.BRANCH}
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def written(students: Sequence[Mapping[str, Any]], details: Mapping[str, Mapping[str, Any]]) -> bytes:
    """With semicolons and a byte order mark, as a spreadsheet expects a Dutch list."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, delimiter=";")
    lines.writerow(NAMES[column][0] for column in COLUMNS)
    for student in students:
        known = {**details.get(student["student"], {}), **student, Column.CODE: student["student"]}
        lines.writerow(_cell(known.get(column)) for column in COLUMNS)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    """A spreadsheet takes a cell that begins so for a formula; an import drops the apostrophe."""
    text = ",".join(value) if isinstance(value, list) else str(value or "")
    return f"'{text}" if text.startswith(_FORMULA) else text
