"""What became of a list of students: counts, differences, who is gone, and every problem by its row."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from gateway.student_import.problems import Problem, Severity
from gateway.student_import.rows import StudentFile, StudentRow

LISTED: Final = 1_000

Json = dict[str, Any]

_COUNTS = ("created", "updated", "different", "unchanged")
_ROW = re.compile(r"^body\.students\[(\d+)\]\.?(\w*)")


def report(file: StudentFile, problems: Sequence[Problem], users: Json, portal: Json) -> Json:
    """`differences` and `problems` are listed up to a limit, and counted beyond it."""
    gone = portal["gone"]
    differences = sorted(
        (*portal["differences"], *users["differences"]), key=lambda one: (one["row"], one["field"])
    )
    return {
        **{name: portal[name] for name in ("school", "branch", "project")},
        "users": {name: users[name] for name in _COUNTS},
        "portal": {name: portal[name] for name in _COUNTS},
        "departed": portal["departed"],
        "archived": sorted({*portal["archived"], *users["archived"]} - {*portal["departed"]}),
        "elsewhere": file.elsewhere,
        "differences": {**_listed(differences), "counts": _counts(differences)},
        "gone": {
            "count": len(gone["students"]),
            "students": gone["students"][:LISTED],
            "proposed": len(gone["proposed"]),
            "withdrawn": len(gone["withdrawn"]),
            "held": gone["held"],
        },
        "problems": _listed([one.shown() for one in problems]),
    }


def refusal(problems: Sequence[Problem]) -> Json:
    """The failure of an import that nothing was done of."""
    shown = _listed([one.shown() for one in problems])
    return {
        "service": None,
        "status": 422,
        "code": "students_refused",
        "detail": "Some rows cannot be taken over; nothing was changed",
        "problems": shown["items"],
        "more": shown["more"],
    }


def problems_told(told: Json) -> list[Problem]:
    """Those of a service's answer."""
    return [
        Problem(one["row"], one["column"], one["code"], Severity(one.get("severity", Severity.ERROR)))
        for one in told["problems"]
    ]


def placed(failure: Json, rows: Sequence[StudentRow]) -> Json:
    """A service's refusal, with places in what it was sent as rows of the file."""
    return failure | {"problems": [_placed(one, rows) for one in failure["problems"]]}


def _placed(problem: Json, rows: Sequence[StudentRow]) -> Json:
    match = _ROW.match(problem.get("place", ""))
    if match is None:
        return problem
    row = rows[int(match[1])].row
    return {"row": row, "column": match[2] or None, "code": problem.get("kind", "invalid_input")}


def _listed(items: Sequence[Json]) -> Json:
    return {"items": list(items[:LISTED]), "more": max(0, len(items) - LISTED)}


def _counts(differences: Sequence[Json]) -> Json:
    """Of each group of fields how many students differ, and of how many that was taken over."""
    all_of = Counter(one["field"] for one in differences)
    applied = Counter(one["field"] for one in differences if one["applied"])
    return {
        field: {"applied": applied[field], "listed": all_of[field] - applied[field]}
        for field in sorted(all_of)
    }
