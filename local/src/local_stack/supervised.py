"""One program, kept running: started again whenever it ends, what it left cleared first."""

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable

from local_stack.folder import CannotStart, Folder
from local_stack.program import Program, tail
from local_stack.terminal import Say

FIRST_DELAY, LONGEST_DELAY, LIVED_WELL = 0.2, 5.0, 3.0
FIRST_ATTEMPTS = 3


class Supervised:
    def __init__(self, program: Program, folder: Folder, say: Say, changed: Callable[[], None]) -> None:
        self.program = program
        self.pid: int | None = None
        self.ready = asyncio.Event()
        self._folder, self._say, self._changed = folder, say, changed
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start and wait until it serves. Raises CannotStart, with the end of its log, if it never does."""
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")
        first = asyncio.create_task(self.ready.wait())
        await asyncio.wait({self._task, first}, return_when=asyncio.FIRST_COMPLETED)
        first.cancel()
        if self._task.done():
            await self._task

    async def stop(self) -> None:
        self.ready.clear()
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, CannotStart):
                await self._task
        await self._end_process()
        if self._task:
            await self.program.clear()
        await self.program.after_stop()
        self.pid = None

    def abandon(self) -> None:
        """Look after it no longer and leave it alive: what a killed supervisor does."""
        if self._task:
            self._task.cancel()

    def kill(self) -> int:
        """What the tests do to it: SIGKILL, without a word. The pid that was killed."""
        if self._process is None or self._process.returncode is not None:
            raise ProcessLookupError(self.program.name)
        self.ready.clear()
        os.kill(self._process.pid, signal.SIGKILL)
        return self._process.pid

    async def _keep(self) -> None:
        delay, served, attempts = FIRST_DELAY, False, 0
        while True:
            attempts += 1
            began, trouble = time.monotonic(), "ended"
            try:
                served |= await self._run_once()
            except Exception as error:  # noqa: BLE001 a full disk, a mistake of ours: looking after it goes on
                trouble = f"could not be started ({error!r})"
            self.ready.clear()
            await self._end_process()
            if not served and attempts >= FIRST_ATTEMPTS:
                raise CannotStart(f"{self.program.name} {trouble}. The end of its log:\n{self._tail()}")
            self._say(f"  {self.program.name} {trouble}: starting it again")
            delay = FIRST_DELAY if time.monotonic() - began > LIVED_WELL else min(delay * 2, LONGEST_DELAY)
            await asyncio.sleep(delay)

    async def _run_once(self) -> bool:
        """From its start to its end; whether it served in between."""
        await self.program.clear()
        self._process = process = await self.program.spawn()
        if not await self._becomes_ready(process):
            return False
        self.pid = process.pid
        self.ready.set()
        self._changed()
        await process.wait()
        return True

    async def _becomes_ready(self, process: Process) -> bool:
        deadline = time.monotonic() + self.program.ready_seconds
        while process.returncode is None and time.monotonic() < deadline:
            if await self.program.is_ready(process.pid):
                return True
            await asyncio.sleep(0.05)
        return False

    async def _end_process(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.program.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), self.program.stop_seconds)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _tail(self) -> str:
        return tail(self._folder.log(self.program.name))
