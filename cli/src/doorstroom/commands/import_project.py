"""`doorstroom import project FILE`: one branch of one school in one year."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from doorstroom.door import Door, DoorRefused, Json
from doorstroom.endings import REFUSED, errors, one_line_each
from doorstroom.import_report import Progress, show_problems, show_result, write_mapping
from doorstroom.options import Gateway, Username, open_door

Xhstt = Annotated[str | None, typer.Option(help="Of XHSTT (docs/project-file.md).", show_default=False)]
Size = Annotated[int | None, typer.Option(min=0, help="Of XHSTT: of classes and groups.", show_default=False)]
Departments = Annotated[
    list[str] | None,
    typer.Option(help="Of XHSTT: a code that its classes begin with; repeatable.", show_default=False),
]


def project(  # noqa: PLR0913, PLR0917 - the options of the command
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    school: Annotated[str, typer.Option(help="Code of the school.")],
    branch: Annotated[str, typer.Option(help="Code of the branch.")],
    year: Annotated[str, typer.Option(help="The school year, as 2026-2027.")],
    school_name: Annotated[
        str | None, typer.Option(help="For a school that is new.", show_default=False)
    ] = None,
    branch_name: Annotated[
        str | None, typer.Option(help="For a branch that is new.", show_default=False)
    ] = None,
    codes_from: Annotated[
        int, typer.Option(min=0, help="Students without a code get one above this.")
    ] = 900_000,
    dry_run: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")
    ] = False,
    mapping: Annotated[
        Path | None, typer.Option(help="Write which code each student got to this CSV.", show_default=False)
    ] = None,
    instance: Xhstt = None,
    solution: Xhstt = None,
    student_type: Xhstt = None,
    class_type: Xhstt = None,
    class_prefix: Xhstt = None,
    department: Departments = None,
    home_class_led_by: Xhstt = None,
    soft_max: Size = None,
    hard_max: Size = None,
    gateway: Gateway = None,
    username: Username = None,
) -> None:
    """Import a project file, or a timetable in XHSTT; the same file again changes nothing."""
    query = {
        "school": school,
        "branch": branch,
        "year": year,
        "codes_from": codes_from,
        "dry_run": dry_run,
        "school_name": school_name,
        "branch_name": branch_name,
        "instance": instance,
        "solution": solution,
        "student_type": student_type,
        "class_type": class_type,
        "class_prefix": class_prefix,
        "department": department,
        "home_class_led_by": home_class_led_by,
        "soft_max": soft_max,
        "hard_max": hard_max,
    }
    screen = Console(soft_wrap=True, highlight=False)
    with one_line_each(), open_door(gateway, username) as door:
        given = {name: value for name, value in query.items() if value is not None}
        job = _import(door, file.read_bytes(), given, screen)
        if job["failure"]:
            show_problems(errors, job["failure"], f"Not imported: {job['failure']['service']} says")
            raise typer.Exit(REFUSED)
        show_result(screen, job)
        if mapping is not None:
            write_mapping(mapping, job["result"]["codes"])
            screen.print(f"Codes written to {mapping}", markup=False)


def _import(door: Door, raw: bytes, query: Json, screen: Console) -> Json:
    """Follow it to its end."""
    job: Json = {}
    try:
        with Progress(screen) as progress:
            for job in door.import_project(raw, query):
                progress.tell(job)
    except DoorRefused as refused:
        if not refused.params.get("problems"):
            raise
        show_problems(
            errors, {"detail": refused.detail, "code": refused.code, **refused.params}, "Not imported:"
        )
        raise typer.Exit(REFUSED) from None
    return job
