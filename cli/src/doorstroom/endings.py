"""How a command ends: 0 done, 1 refused (a bad file, a failed import), 2 could not be asked, or not now."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from doorstroom.door import DoorAway, DoorRefused, is_away

REFUSED, NOT_ASKED = 1, 2
_LOGIN = frozenset({"invalid_grant", "not_logged_in", "not_allowed"})

errors = Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def one_line_each() -> Iterator[None]:
    """What goes wrong is said in a line, not as a traceback."""
    try:
        yield
    except DoorRefused as refused:
        errors.print(f"Refused: {refused}", markup=False)
        for one in refused.params.get("errors", ()):
            errors.print(f"  {one['place']}: {one['kind']}", markup=False)
        for what in ("students", "departures"):
            if isinstance(codes := refused.params.get(what), list):
                errors.print(f"  {what}: {', '.join(codes)}", markup=False)
        raise typer.Exit(NOT_ASKED if refused.code in _LOGIN or is_away(refused) else REFUSED) from None
    except DoorAway as away:
        errors.print(str(away), markup=False)
        raise typer.Exit(NOT_ASKED) from None
