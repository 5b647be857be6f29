"""An import on the screen: progress, what became of it, and every problem at its place."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from doorstroom.door import FINAL, Json

FIRST_CODES = 10
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Progress:
    """A line for each part that is behind us, and what is going on below it."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._status = screen.status("reading")
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def tell(self, job: Json) -> None:
        for state, seconds in job["seconds"].items():
            if state not in self._told:
                self._told.add(state)
                self._screen.print(f"  {state:<10} {seconds:6.1f} s")
        if job["state"] not in FINAL:
            self._status.update(job["state"])


def show_result(screen: Console, job: Json) -> None:
    """Counts per service, warnings, who had left, and the codes that were given out."""
    result = job["result"]
    counts = Table(box=None, pad_edge=False)
    names = ("created", "updated", "unchanged", "removed")
    for heading in ("", *names):
        counts.add_column(heading, justify="left" if not heading else "right")
    for service in ("users", "portal", "desktop"):
        if result[service] is not None:
            counts.add_row(service, *(str(result[service].get(name, "")) for name in names))
    screen.print(counts)
    _list(screen, "Archived, and left so", result["users"]["archived"])
    _list(screen, "Left this school, and not brought back", result["departed"])
    for warning in result["warnings"]:
        screen.print(f"Warning  {_line(warning)}", markup=False)
    for note in result["notes"]:
        screen.print(note, markup=False)
    show_codes(screen, result["codes"], dry_run=job["dry_run"])
    screen.print("Nothing was changed: a dry run." if job["dry_run"] else "Done.")


def show_codes(screen: Console, codes: Mapping[str, str], *, dry_run: bool) -> None:
    if not codes:
        return
    table = Table("id in the file", "would get code" if dry_run else "student code", box=None, pad_edge=False)
    for key, code in list(codes.items())[:FIRST_CODES]:
        table.add_row(escape(key), code)
    screen.print(table)
    if len(codes) > FIRST_CODES:
        screen.print(f"and {len(codes) - FIRST_CODES} more: --mapping FILE writes them all")


def show_problems(screen: Console, failure: Json, heading: str) -> None:
    """All of them, with their places in the file."""
    screen.print(f"{heading} {failure['detail']} ({failure['code']})", markup=False)
    for problem in failure.get("problems", ()):
        screen.print(f"  {_line(problem)}", markup=False)
    if failure.get("more"):
        screen.print(f"  and {failure['more']} more")


def write_mapping(path: Path, codes: Mapping[str, str]) -> None:
    """A CSV: the file's id, the student code."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "code"))
        writer.writerows(
            (f"'{key}" if key.startswith(_FORMULA) else key, code) for key, code in codes.items()
        )


def _line(problem: Json) -> str:
    what = problem.get("text") or problem.get("code") or problem.get("kind") or ""
    about = f" [{problem['id']}]" if problem.get("id") else ""
    return f"{problem.get('place') or 'file'}: {what}{about}"


def _list(screen: Console, heading: str, codes: Sequence[str]) -> None:
    if codes:
        screen.print(f"{heading}: {', '.join(codes)}", markup=False)
