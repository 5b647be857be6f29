"""Who runs the stack of a folder: one supervisor at a time, known by a lock that dies with it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from local_stack.folder import CannotStart, Folder


class AlreadyRunning(Exception):
    """Another supervisor holds the folder."""


def _lock_file(folder: Folder) -> Path:
    # Beside the folder, so that a wiped folder is still locked.
    return folder.root.with_name(f"{folder.root.name}.lock")


@contextmanager
def supervising(folder: Folder) -> Iterator[None]:
    """Hold the folder. Raises AlreadyRunning."""
    try:
        _lock_file(folder).parent.mkdir(parents=True, exist_ok=True)
        lock = _lock_file(folder).open("a")
    except PermissionError as error:
        raise CannotStart(
            f"{folder.root.parent} is not ours to write: was it made by another user?"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        folder.prepare()
        note(folder, "starting")
        yield


def is_running(folder: Folder) -> bool:
    try:
        with _lock_file(folder).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def note(folder: Folder, phase: str, reason: str = "") -> None:
    """Say how far the supervisor is: starting, ready, stopped or failed."""
    created = psutil.Process().create_time()
    folder.write(
        "supervisor.json", {"pid": os.getpid(), "created": created, "phase": phase, "reason": reason}
    )


def noted(folder: Folder) -> dict[str, Any]:
    return folder.read("supervisor.json")


def supervisor(folder: Folder) -> psutil.Process | None:
    """The process that holds the folder."""
    found = noted(folder)
    try:
        process = psutil.Process(found["pid"])
        if process.create_time() == found["created"]:
            return process
    except (KeyError, psutil.NoSuchProcess):
        pass
    return None
