"""What is wrong with a row: where and a stable code. Never what stands in the cell: it may be anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    ERROR = "error"
    """The row cannot be taken over."""
    WARNING = "warning"
    """The row is taken over; this cell may be left out."""


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` as in the file, `column` by the name it has here, or its letter where it has none."""

    row: int | None
    column: str | None
    code: str
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def shown(self) -> dict[str, Any]:
        return {"row": self.row, "column": self.column, "code": self.code, "severity": self.severity.value}


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """As one walks through the file."""
    return sorted(problems, key=lambda one: (one.row or 0, one.column or "", one.code))
