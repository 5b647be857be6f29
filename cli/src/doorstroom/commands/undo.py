"""`doorstroom undo` and `doorstroom cancel`: take departures back, call a planned one off."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from doorstroom.departure_report import Progress, show_outcomes
from doorstroom.door import Json
from doorstroom.endings import REFUSED, errors, one_line_each
from doorstroom.following import DEPARTURES, follow, outcome_of
from doorstroom.options import Gateway, Username, open_door


def undo(
    departures: Annotated[list[UUID] | None, typer.Argument(metavar="DEPARTURE…", show_default=False)] = None,
    batch: Annotated[UUID | None, typer.Option(help="All of a batch.", show_default=False)] = None,
    gateway: Gateway = None,
    username: Username = None,
) -> None:
    """Take departures back: each that can be. What no longer fits is left over, and named."""
    if (batch is None) == (not departures):
        raise typer.BadParameter("say departures, or --batch")
    wanted: Json = {"batch": str(batch)} if batch else {"departures": [str(one) for one in departures or ()]}
    screen = Console(soft_wrap=True, highlight=False)
    with one_line_each(), open_door(gateway, username) as door:
        asked = door.act(f"{DEPARTURES}/undo", wanted)
        for refused in asked["refused"]:
            errors.print(f"  {refused['student']}  refused: {refused['code']}", markup=False)
        ended = Progress(screen, asked["items"]).show(follow(door, asked["items"]))
    show_outcomes(screen, ended)
    if asked["refused"] or any(outcome_of(departure) != "undone" for departure in ended):
        raise typer.Exit(REFUSED)


def cancel(
    departure: Annotated[UUID, typer.Argument(metavar="DEPARTURE")],
    gateway: Gateway = None,
    username: Username = None,
) -> None:
    """Call off a departure that is planned."""
    screen = Console(soft_wrap=True, highlight=False)
    with one_line_each(), open_door(gateway, username) as door:
        told = door.post(f"{DEPARTURES}/{departure}/cancel", {})
    screen.print(f"{told['student']}  {told['state']}", markup=False)
