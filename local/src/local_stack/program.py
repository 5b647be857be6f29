"""A program of the stack: how it is started, known to be ready, and stopped."""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from local_stack.folder import Folder
from local_stack.leftovers import marks


class Program(Protocol):
    name: str
    ready_seconds: float
    stop_signal: signal.Signals
    stop_seconds: float

    async def clear(self) -> None:
        """End what an earlier run of this program left, so that it can start."""

    async def spawn(self) -> Process:
        """Start it; the process that serves, never a wrapper around it."""

    async def is_ready(self, pid: int) -> bool:
        """Whether it serves."""

    async def after_stop(self) -> None:
        """End what only this program needed."""


@dataclass(frozen=True)
class Command:
    """One command line with its environment, run with its output in the stack's log folder."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Folder
    cwd: Path | None = None
    user: int | None = None
    group: int | None = None
    program: str = field(default="")

    async def start(self) -> Process:
        identity: dict[str, object] = {}
        if self.user is not None:
            identity = {"user": self.user, "group": self.group, "extra_groups": []}
        with self.folder.log(self.name).open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self.arguments,
                env={**self.environment, **marks(self.folder.root, self.program or self.name)},
                cwd=self.cwd or self.folder.root,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                # Ctrl-C in the terminal is for us alone: we stop the programs in their order.
                start_new_session=True,
                **identity,  # type: ignore[arg-type]
            )

    async def run(self) -> int:
        process = await self.start()
        try:
            return await process.wait()
        finally:
            if process.returncode is None:  # we were told to stop
                process.kill()
                await process.wait()


def tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
