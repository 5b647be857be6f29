"""`doorstroom depart CODE…`: show what would go, ask, and follow it to the end."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from doorstroom.departure_report import Progress, show_outcomes, show_preview
from doorstroom.endings import NOT_ASKED, REFUSED, errors, one_line_each
from doorstroom.following import DEPARTURES, follow, outcome_of
from doorstroom.options import Gateway, Username, on_a_terminal, open_door
from shared.contracts.values import DepartureReason, GuardianPolicy, PrognosisPolicy

FINE = ("completed", "scheduled", "waiting")


def depart(  # noqa: PLR0913, PLR0917 - the options of the command
    codes: Annotated[list[str] | None, typer.Argument(metavar="CODE…", show_default=False)] = None,
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="More codes, one a line.", show_default=False),
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day at school; without it today.", show_default=False),
    ] = None,
    reason: Annotated[DepartureReason, typer.Option()] = DepartureReason.LEFT,
    prognoses: Annotated[
        PrognosisPolicy, typer.Option(help="What becomes of next year's.")
    ] = PrognosisPolicy.REMOVE,
    guardians: Annotated[
        GuardianPolicy, typer.Option(help="What becomes of guardians without another child.")
    ] = GuardianPolicy.KEEP,
    school: Annotated[
        int | None, typer.Option(help="Id of the school, for who is at several.", show_default=False)
    ] = None,
    preview: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--preview", help="Show what would go; change nothing.")
    ] = False,
    yes: Annotated[  # noqa: FBT002
        bool, typer.Option("--yes", help="Do not ask, however many they are.")
    ] = False,
    gateway: Gateway = None,
    username: Username = None,
) -> None:
    """Let students leave: all of the list, or nothing of it."""
    students = _students(codes or [], file)
    wish = {
        "students": students,
        "leaves_on": on and on.date().isoformat(),
        "reason": reason,
        "prognoses": prognoses,
        "guardians": guardians,
        "school": school,
    }
    screen = Console(soft_wrap=True, highlight=False)
    with one_line_each(), open_door(gateway, username) as door:
        told = door.post(f"{DEPARTURES}/preview", wish)
        items, many = told["items"], told["threshold_exceeded"]
        show_preview(screen, items, guardians)
        if any(item["refusal"] for item in items):
            errors.print("Nothing was done: some are refused, and it is all of the list or nothing.")
            raise typer.Exit(REFUSED)
        if preview:
            screen.print("Nothing was done: a preview.")
            return
        if not yes:
            _ask(len(students), many=many)
        asked = door.act(DEPARTURES, wish | {"confirm_threshold": many})
        screen.print(f"Batch {asked['batch']}")
        ended = Progress(screen, asked["items"]).show(follow(door, asked["items"]))
    show_outcomes(screen, ended)
    if any(outcome_of(departure) not in FINE for departure in ended):
        raise typer.Exit(REFUSED)


def _students(codes: Sequence[str], file: Path | None) -> list[str]:
    lines = _lines(file) if file else []
    students = list(dict.fromkeys([*codes, *(line.strip() for line in lines if line.strip())]))
    if not students:
        raise typer.BadParameter("say a student code, or --file")
    for code in students:
        if not code.isascii() or not code.isdigit():
            raise typer.BadParameter(f"a student code is digits only: {code!r}")
    return students


def _lines(file: Path) -> list[str]:
    """With or without the byte order mark that Windows puts before a text."""
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{file} is no text in UTF-8") from None


def _ask(count: int, *, many: bool) -> None:
    """Go on only at a person's word; so many that it may be a mistake he says himself."""
    if not on_a_terminal():
        errors.print("Nobody is there to ask: say --yes")
        raise typer.Exit(NOT_ASKED)
    if many:
        sure = typer.prompt(f"{count} students leave at once. Type their number to go on").strip() == str(
            count
        )
    else:
        sure = typer.confirm(f"Let {count} {'student' if count == 1 else 'students'} leave?")
    if not sure:
        errors.print("Nothing was done.")
        raise typer.Exit(REFUSED)
