"""What the commands are told alike: where the gateway is, and who asks."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from doorstroom.door import Door

Gateway = Annotated[
    str | None,
    typer.Option(help="Its address; in a checkout with a running stack that one.", show_default=False),
]
Username = Annotated[str | None, typer.Option(envvar="DOORSTROOM_USERNAME", show_default=False)]

PASSWORD = "DOORSTROOM_PASSWORD"  # noqa: S105 - the name of a variable
STACK_FILES = (Path(".local/stack.json"), Path(".local/up/stack.json"))


def open_door(gateway: str | None, username: str | None) -> Door:
    """The gateway, logged in. The password is taken from the environment, or asked for."""
    address = gateway or _running_here()
    if address is None:
        raise typer.BadParameter("no stack is running in this checkout: say --gateway URL")
    door = Door(address, username or _asked("Username"), _password())
    door.log_in()
    return door


def _running_here() -> str | None:
    """The stack of the checkout we are in, from here upwards."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        for stack_file in STACK_FILES:
            try:
                address: str = json.loads((folder / stack_file).read_text())["gateway"]
            except (OSError, ValueError, KeyError):
                continue
            return address
    return None


def _password() -> str:
    return os.environ.get(PASSWORD) or _asked("Password", hidden=True)


def on_a_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _asked(what: str, *, hidden: bool = False) -> str:
    if not on_a_terminal():
        raise typer.BadParameter(f"set DOORSTROOM_{what.upper()}")
    answer: str = typer.prompt(what, hide_input=hidden)
    return answer
