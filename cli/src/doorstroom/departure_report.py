"""Departures on the screen: what would go, how far they are, what became of each."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from doorstroom.door import Json
from doorstroom.following import outcome_of
from shared.contracts.values import GuardianPolicy

STEPS = ("enrolments", "prognoses", "account", "desktop")
_SETTLED = ("done", "kept", "undone")
FIRST_STUDENTS = 20


def show_preview(screen: Console, items: Sequence[Json], guardians: GuardianPolicy) -> None:
    """A line for each student; who is refused first, of the others the first twenty."""
    along = guardians is GuardianPolicy.ARCHIVE
    table = Table("student", "enrolment", "next year", "account", "desktop", box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    refused = [item for item in items if item["refusal"]]
    fine = [item for item in items if not item["refusal"]]
    for item in refused + fine[:FIRST_STUDENTS]:
        table.add_row(
            item["student"],
            _departments(item["enrolments"]),
            _departments(item["prognoses"]),
            _account(item, along=along),
            _placements(item["desktop"]["projects"]),
            f"refused: {item['refusal']['code']}" if item["refusal"] else "",
        )
    screen.print(table)
    if len(fine) > FIRST_STUDENTS:
        screen.print(f"and {len(fine) - FIRST_STUDENTS} more")


def _departments(enrolments: Iterable[Json]) -> str:
    return ", ".join(f"{one['department']['code']} {one['school_year']}" for one in enrolments) or "–"


def _account(item: Json, *, along: bool) -> str:
    """With the guardians who go `along`."""
    if "account" in item["kept"]:
        return "kept: at another school"
    users = item["users"]
    going = ["archived"] if users["account"]["active"] else []
    going += [f"guardian {one['code']}" for one in users["guardians"] if along]
    return ", ".join(going) or "–"


def _placements(projects: Sequence[Json]) -> str:
    count = sum(len(project["placements"]) for project in projects)
    return f"{count} placements" if projects else "–"


class Progress:
    """A line for each departure that has its outcome, and below it how far the steps are."""

    def __init__(self, screen: Console, departures: Iterable[Json]) -> None:
        self._screen = screen
        self._departures = {one["id"]: one for one in departures}
        self._status = screen.status("")

    def show(self, changes: Iterable[Json]) -> list[Json]:
        """All of it, to the end; returns the departures as they are then."""
        for departure in self._departures.values():
            self._line(departure)
        with self._status:
            self._count()
            for departure in changes:
                self._departures[departure["id"]] = departure
                self._line(departure)
                self._count()
        return list(self._departures.values())

    def _count(self) -> None:
        states = [one["steps"] for one in self._departures.values()]
        settled = (f"{step} {sum(s[step]['state'] in _SETTLED for s in states)}" for step in STEPS)
        self._status.update(f"of {len(states)}: {', '.join(settled)}")

    def _line(self, departure: Json) -> None:
        if outcome := outcome_of(departure):
            self._screen.print(f"  {departure['student']}  {_said(departure, outcome)}", markup=False)


def _said(departure: Json, outcome: str) -> str:
    steps = departure["steps"].items()
    match outcome:
        case "scheduled":
            return f"planned, leaves on {departure['leaves_on']}"
        case "failed":
            failed = [f"{name} ({step['reason']})" for name, step in steps if step["state"] == "failed"]
            return f"failed: {', '.join(failed)}"
        case "waiting":
            return "waits for a timetabler, in the data check"
    left = [f"{piece['what']} {piece['why']}" for _, step in steps for piece in step["left_over"] or ()]
    return f"{outcome}, left over: {', '.join(left)}" if left else outcome


def show_outcomes(screen: Console, departures: Iterable[Json]) -> None:
    """How many of each."""
    for outcome, count in sorted(Counter(map(outcome_of, departures)).items(), key=str):
        screen.print(f"{count} {outcome}")
