"""What an earlier run left behind, found without guessing and ended.

Each program of a stack carries the stack's folder in its environment, so nothing that is not ours can match.
PostgreSQL's children write their title over it; they work in the data folder, which says the same.
"""

import asyncio
import os
from pathlib import Path

import psutil

FOLDER = "DOORSTROOM_STACK_FOLDER"
PROGRAM = "DOORSTROOM_STACK_PROGRAM"


def marks(folder: Path, program: str) -> dict[str, str]:
    return {FOLDER: str(folder), PROGRAM: program}


def _belongs(process: psutil.Process, folder: Path, program: str | None, working_in: Path | None) -> bool:
    try:
        if working_in is not None and process.cwd() == str(working_in):
            return True
        environment = process.environ()
    except (psutil.Error, OSError):  # gone meanwhile, or somebody else's
        return False
    return environment.get(FOLDER) == str(folder) and program in (None, environment.get(PROGRAM))


def _end(folder: Path, program: str | None, working_in: Path | None) -> list[int]:
    ours = [os.getpid(), *(parent.pid for parent in psutil.Process().parents())]
    found = [
        process
        for process in psutil.process_iter()
        if process.pid not in ours and _belongs(process, folder, program, working_in)
    ]
    for process in found:
        try:
            process.kill()  # psutil compares the creation time first: never a pid that was given out again
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(found, timeout=5)
    return [process.pid for process in found]


async def end_leftovers(
    folder: Path, program: str | None = None, working_in: Path | None = None
) -> list[int]:
    """End what this stack (or one program of it) left behind; the pids that were ended."""
    return await asyncio.to_thread(_end, folder, program, working_in)
