"""What a stack tells while it starts: short lines, each with the time it took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Say = Callable[[str], None]


def say(line: str) -> None:
    # Whoever read us may be gone (`make up | head`): that is no reason to stop looking after the stack.
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def silent(_line: str) -> None:
    """For a stack used as a library."""


@contextmanager
def timed(tell: Say, what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    tell(f"  {what:<44} {time.monotonic() - began:5.1f} s")
