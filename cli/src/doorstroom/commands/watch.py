"""`doorstroom watch`: departures as they go on."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from doorstroom.departure_report import Progress, show_outcomes
from doorstroom.door import Door, Json
from doorstroom.endings import REFUSED, one_line_each
from doorstroom.following import DEPARTURES, follow, outcome_of
from doorstroom.options import Gateway, Username, open_door

GOES_ON = ("running", "undoing")
PAGE = 200


def watch(
    wanted: Annotated[UUID | None, typer.Argument(metavar="[BATCH|DEPARTURE]", show_default=False)] = None,
    gateway: Gateway = None,
    username: Username = None,
) -> None:
    """Follow a batch, one departure, or all that go on now, until each has ended or waits for a person."""
    screen = Console(soft_wrap=True, highlight=False)
    with one_line_each(), open_door(gateway, username) as door:
        found = list(_wanted(door, wanted) if wanted else _all(door))
        ended = Progress(screen, found).show(follow(door, found))
    show_outcomes(screen, ended)
    if not ended:
        screen.print("Nothing goes on now.")
    if any(outcome_of(departure) == "failed" for departure in ended):
        raise typer.Exit(REFUSED)


def _wanted(door: Door, wanted: UUID) -> list[Json]:
    batch = list(door.items(DEPARTURES, batch=str(wanted), limit=PAGE))
    return batch or [door.get(f"{DEPARTURES}/{wanted}")]


def _all(door: Door) -> Iterator[Json]:
    for state in GOES_ON:
        yield from door.items(DEPARTURES, state=state, limit=PAGE)
