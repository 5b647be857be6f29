"""What a fault does. An action gets the passage; what it does not decide goes on as if nothing had been."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

import psutil

from tests.support.proxy.faults import Action, Passage

Pid = int | Callable[[], int]


async def cut(passage: Passage) -> None:
    """Both sides lose the connection; the bytes do not pass."""
    passage.cut()


async def cut_after(passage: Passage) -> None:
    """The bytes arrive, then both sides lose the connection."""
    await passage.cut_after()


async def swallow(passage: Passage) -> None:
    """The bytes never arrive; the connection lives on."""
    passage.drop()


def delay(seconds: float) -> Action:
    """This way of this connection stands still for a while."""

    async def act(passage: Passage) -> None:
        passage.reached()
        await asyncio.sleep(seconds)

    return act


def kill(pid: Pid) -> Action:
    """SIGKILL; the process is dead when the fault has happened, and the bytes never pass."""

    async def act(passage: Passage) -> None:
        await _kill(pid)
        passage.cut()

    return act


def kill_after(pid: Pid) -> Action:
    """The bytes arrive, then SIGKILL. To see a reply lost for sure, `kill` at the reply."""

    async def act(passage: Passage) -> None:
        await passage.forward()
        await _kill(pid)

    return act


class Hold:
    """This way of this connection stands still until the test releases it."""

    def __init__(self) -> None:
        self._released = asyncio.Event()

    def release(self) -> None:
        self._released.set()

    async def __call__(self, passage: Passage) -> None:
        passage.reached()
        await self._released.wait()


def hold() -> Hold:
    return Hold()


async def _kill(pid: Pid) -> None:
    number = pid if isinstance(pid, int) else pid()
    if number <= 1 or number == os.getpid():
        raise ValueError(f"{number} is not a service's process")
    process = psutil.Process(number)
    os.kill(number, signal.SIGKILL)
    with contextlib.suppress(psutil.NoSuchProcess):
        async with asyncio.timeout(5):
            while process.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110  # nobody tells us of a death
                await asyncio.sleep(0.001)
