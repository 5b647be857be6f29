"""An import of students on the screen: counts, differences, who is gone, and each problem by its row."""

from typing import Final

from rich.console import Console
from rich.table import Table

from doorstroom.door import Json

_COUNTS: Final = ("created", "updated", "different", "unchanged")
_SHOWN: Final = 20
_HELD: Final = {
    "gone_over_threshold": "more than a school loses by intention: confirm with --confirm-threshold",
    "list_incomplete": "some rows do not say whose they are; nobody is proposed",
    "later_year": "of a later school year nobody is proposed to leave",
}


def show_result(screen: Console, job: Json) -> None:
    """What was done, or in a dry run would be."""
    result = job["result"]
    counts = Table(box=None, pad_edge=False)
    for heading in ("", *_COUNTS):
        counts.add_column(heading, justify="left" if not heading else "right")
    for service, what in (("users", "people"), ("portal", "enrolments")):
        counts.add_row(what, *(str(result[service][name]) for name in _COUNTS))
    screen.print(counts)
    _show_problems(screen, result["problems"])
    _show_differences(screen, result["differences"])
    _show_codes(screen, "Left this school, and not brought back", result["departed"])
    _show_codes(screen, "Archived account, and left so", result["archived"])
    if result["elsewhere"]:
        screen.print(f"Rows of another branch, passed over: {result['elsewhere']}")
    _show_gone(screen, result["gone"])
    screen.print("Nothing was changed: a dry run." if job["dry_run"] else "Done.")


def show_problems(screen: Console, failure: Json) -> None:
    """Why nothing was imported."""
    says = f" {failure['service']} says" if failure.get("service") else ""
    screen.print(f"Not imported:{says} {failure['detail']} ({failure['code']})", markup=False)
    _show_problems(screen, {"items": failure.get("problems", ()), "more": failure.get("more", 0)})


def has_errors(result: Json) -> bool:
    """Whether a row would stop the import."""
    return any(one["severity"] == "error" for one in result["problems"]["items"])


def _show_problems(screen: Console, problems: Json) -> None:
    for one in problems["items"]:
        row, column = one.get("row"), one.get("column")
        place = f"row {row}" if row else one.get("place") or "file"
        about = f", {column}" if column else ""
        severity = one.get("severity", "error")
        screen.print(f"  {severity:<7} {place}{about}: {one.get('code', '')}", markup=False)
    _more(screen, problems["more"])


def _show_differences(screen: Console, differences: Json) -> None:
    """Counts of all, and the first few."""
    for group, of_group in differences["counts"].items():
        screen.print(f"{group}: {of_group['applied']} taken over, {of_group['listed']} only listed")
    for one in differences["items"][:_SHOWN]:
        what = ", ".join(one["fields"]) if "fields" in one else f"{one['here']} here, {one['listed']} listed"
        done = "taken over" if one["applied"] else one.get("why") or "listed"
        screen.print(f"  row {one['row']}, {one['student']}, {one['field']}: {what} ({done})", markup=False)
    _more(screen, differences["more"] + max(0, len(differences["items"]) - _SHOWN))


def _show_gone(screen: Console, gone: Json) -> None:
    if gone["count"]:
        _show_codes(screen, f"Enrolled here and not in the list ({gone['count']})", gone["students"])
        screen.print(f"Proposed to leave: {gone['proposed']}")
    if gone["withdrawn"]:
        screen.print(f"Proposals withdrawn: {gone['withdrawn']}")
    if gone["held"] and gone["count"]:
        screen.print(f"Held: {_HELD.get(gone['held'], gone['held'])}")


def _show_codes(screen: Console, heading: str, codes: list[str]) -> None:
    if codes:
        more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
        screen.print(f"{heading}: {', '.join(codes[:_SHOWN])}{more}", markup=False)


def _more(screen: Console, count: int) -> None:
    if count:
        screen.print(f"  and {count} more")
