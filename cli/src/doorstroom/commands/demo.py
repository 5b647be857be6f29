"""`doorstroom demo`: the demo school, through the same door as any school's files."""

import json
import os
import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from doorstroom.demo_loading import LOGINS, load_demo
from doorstroom.demo_school import generate
from doorstroom.endings import one_line_each
from doorstroom.options import PASSWORD, Gateway, Username, open_door
from shared.clock import school_year_of, today

PASSWORDS = "DOORSTROOM_DEMO_PASSWORDS"


def demo(
    gateway: Gateway = None,
    username: Username = None,
    as_json: Annotated[bool, typer.Option("--json", help="The logins as JSON on the last line.")] = False,  # noqa: FBT002
) -> None:
    """Load two schools with five branches, this year and the next; repeatable.

    The passwords of its three logins come from the environment, DOORSTROOM_DEMO_PASSWORDS
    ({"student_office": …, "timetabler": …, "student": …}), or are made up and shown.
    """
    screen = Console(soft_wrap=True, highlight=False)
    passwords = {login: secrets.token_urlsafe(12) for login in LOGINS}
    passwords |= json.loads(os.environ.get(PASSWORDS, "{}"))
    school = generate(school_year=school_year_of(today()))
    with one_line_each(), open_door(gateway, username) as door:
        logins = load_demo(door, school, passwords, screen.print)
        manager = {"username": door.username, "password": os.environ.get(PASSWORD, "")}
    if as_json:
        print(json.dumps({"application_manager": manager, **logins}))
        return
    table = Table("login", "username", "password", box=None, pad_edge=False)
    for login, account in logins.items():
        table.add_row(login, account["username"], account["password"])
    screen.print(table)
