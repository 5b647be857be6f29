"""One of our own services as a program of the stack, and the jobs that are run before it."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping

from local_stack.folder import CannotStart, Folder
from local_stack.health import answers
from local_stack.leftovers import end_leftovers
from local_stack.ports import HOST, is_free
from local_stack.program import Command, tail


class Service:
    ready_seconds = 60.0
    stop_signal = signal.SIGTERM
    stop_seconds = 5.0  # a browser that listens to a stream must not hold us up

    def __init__(self, name: str, folder: Folder, port: int, environment: Mapping[str, str]) -> None:
        self.name, self._folder, self._port, self._environment = name, folder, port, environment

    async def clear(self) -> None:
        await end_leftovers(self._folder.root, self.name)
        for _ in range(100):
            if is_free(self._port):
                return
            await asyncio.sleep(0.02)

    async def spawn(self) -> Process:
        return await Command(
            self.name, [sys.executable, "-m", self.name, "serve"], self._environment, self._folder
        ).start()

    async def is_ready(self, pid: int) -> bool:  # noqa: ARG002 the port is ours: clear() saw it free
        return await answers(f"http://{HOST}:{self._port}/health/ready")

    async def after_stop(self) -> None:
        """Nothing more."""


async def run_job(folder: Folder, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
    """Run `python -m …` to its end. Raises CannotStart with the end of its log when it fails."""
    status = await Command(name, [sys.executable, "-m", *arguments], environment, folder).run()
    if status:
        command = f"python -m {' '.join(arguments)}"
        raise CannotStart(f"`{command}` failed ({status}). The end of its log:\n{tail(folder.log(name))}")
