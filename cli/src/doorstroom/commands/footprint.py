"""`doorstroom footprint CODE`: what is left of a student, in every service."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from doorstroom.door import Json
from doorstroom.endings import one_line_each
from doorstroom.options import Gateway, Username, open_door


def footprint(
    code: Annotated[str, typer.Argument(help="The student code.")],
    gateway: Gateway = None,
    username: Username = None,
) -> None:
    """Show what portal, users and desktop still hold of a student."""
    screen = Console(soft_wrap=True, highlight=False)
    with one_line_each(), open_door(gateway, username) as door:
        if not code.isascii() or not code.isdigit():
            raise typer.BadParameter("a student code is digits only")
        found = door.get(f"/api/students/{code}/footprint")
    table = Table("where", "what", box=None, pad_edge=False)
    for where, what in _rows(found):
        table.add_row(where, what)
    screen.print(table)
    screen.print(f"Nothing is left of {code}." if found["empty"] else f"{code} is still here.")


def _rows(found: Json) -> Iterator[tuple[str, str]]:
    for kind in ("enrolments", "prognoses"):
        for one in found["portal"][kind]:
            home_class = f", {one['home_class']['code']}" if one["home_class"] else ""
            where = f"{one['school_year']}, {one['department']['code']}{home_class}"
            yield "portal", f"{one['kind']} {where}, {len(one['groups'])} groups"
    users = found["users"]
    yield "users", "account active" if users["account"]["active"] else "no active account"
    for name in ("sessions", "refresh_tokens", "api_tokens"):
        if users[name]:
            yield "users", f"{users[name]} {name.replace('_', ' ')}"
    for project in found["desktop"]["projects"]:
        yield "desktop", f"project {project['project']}, {len(project['placements'])} placements"
