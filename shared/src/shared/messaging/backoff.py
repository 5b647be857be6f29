"""Loops that must never end: they log once per change of state, and wait longer while a server is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0


async def keep_running(name: str, run: Callable[[], Awaitable[None]], log: logging.Logger) -> None:
    """Run `run` again whenever it ends or fails, until cancelled.

    A run that held for longer than the longest wait counts as a recovery, and the waiting starts over.
    """
    loop = asyncio.get_running_loop()
    wait, failing = FIRST_WAIT, False
    while True:
        started = loop.time()
        try:
            await run()
        except Exception as error:
            if loop.time() - started > LONGEST_WAIT:
                wait, failing = FIRST_WAIT, False
            if not failing:
                log.warning("%s is interrupted, trying again", name, exc_info=error)
            failing = True
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)
