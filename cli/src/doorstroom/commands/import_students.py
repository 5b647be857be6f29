"""`doorstroom import students FILE`: a school's own list, compared with one branch in one year."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from doorstroom.door import Door, DoorRefused, Json
from doorstroom.endings import REFUSED, errors, one_line_each
from doorstroom.import_report import Progress
from doorstroom.options import Gateway, Username, open_door
from doorstroom.student_report import has_errors, show_problems, show_result


def students(  # noqa: PLR0913, PLR0917 - the options of the command
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV or xlsx.")],
    school: Annotated[str, typer.Option(help="Code of the school.")],
    branch: Annotated[str, typer.Option(help="Code of the branch.")],
    year: Annotated[str, typer.Option(help="The school year, as 2026-2027.")],
    source: Annotated[str, typer.Option(help="The student administration, as somtoday.")],
    authority: Annotated[
        list[str] | None,
        typer.Option(help="What the source leads, as address=source; may be repeated.", show_default=False),
    ] = None,
    dry_run: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")
    ] = False,
    skip_bad_rows: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--skip-bad-rows", help="Leave out rows with an error, take over the others.")
    ] = False,
    confirm_threshold: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--confirm-threshold", help="Propose departures however many are gone.")
    ] = False,
    gateway: Gateway = None,
    username: Username = None,
) -> None:
    """Compare a list of students with what is here; the same list again changes nothing."""
    query = {
        "school": school,
        "branch": branch,
        "year": year,
        "source": source,
        "authority": ",".join(one.replace("=", ":") for one in authority or ()),
        "dry_run": dry_run,
        "skip_bad_rows": skip_bad_rows,
        "confirm_threshold": confirm_threshold,
    }
    screen = Console(soft_wrap=True, highlight=False)
    with one_line_each(), open_door(gateway, username) as door:
        job = _import(door, file.read_bytes(), query, screen)
        if job["failure"]:
            show_problems(errors, job["failure"])
            raise typer.Exit(REFUSED)
        show_result(screen, job)
        if job["dry_run"] and has_errors(job["result"]) and not skip_bad_rows:
            raise typer.Exit(REFUSED)


def _import(door: Door, raw: bytes, query: Json, screen: Console) -> Json:
    """Follow it to its end."""
    job: Json = {}
    try:
        with Progress(screen) as progress:
            for job in door.import_students(raw, query):
                progress.tell(job)
    except DoorRefused as refused:
        if not refused.params.get("problems"):
            raise
        show_problems(errors, {"detail": refused.detail, "code": refused.code, **refused.params})
        raise typer.Exit(REFUSED) from None
    return job
