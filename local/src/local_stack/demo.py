"""The demo school: the `doorstroom demo` command sends it through the door, once per stack."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_stack.folder import CannotStart, Folder
from local_stack.program import Command, tail

LOGINS = ("student_office", "timetabler", "student")
MARKER = "demo.json"


def loaded(folder: Folder) -> dict[str, Any]:
    """The logins of the demo that this stack holds; empty without it."""
    return folder.read(MARKER)


async def load(folder: Folder, gateway: str, manager: str, passwords: Mapping[str, str]) -> dict[str, Any]:
    """Load it (repeatable) and remember its logins. Raises CannotStart with the end of its log."""
    command = [str(Path(sys.executable).parent / "doorstroom"), "demo", "--gateway", gateway, "--json"]
    told = dict(os.environ) | {
        "DOORSTROOM_USERNAME": manager,
        "DOORSTROOM_PASSWORD": passwords["login_application_manager"],
        "DOORSTROOM_DEMO_PASSWORDS": json.dumps({login: passwords[f"login_{login}"] for login in LOGINS}),
        "PYTHONUNBUFFERED": "1",
    }
    log = folder.log("demo")
    log.unlink(missing_ok=True)
    try:
        status = await Command("demo", command, told, folder).run()
    except FileNotFoundError as error:
        raise CannotStart("the command `doorstroom` is not installed: run `uv sync`") from error
    said = log.read_text(errors="replace").splitlines()
    if status or not said:
        raise CannotStart(f"the demo school could not be loaded ({status}). The end of its log:\n{tail(log)}")
    logins: dict[str, Any] = json.loads(said[-1])
    # Its passwords lie in our own private file; the log must not show them to whoever is sent the logs.
    log.write_text("\n".join(said[:-1]) + "\n")
    folder.write(MARKER, logins)
    return logins
