"""Loops that must never end: they log once per change of state, and wait longer while a server is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
CANCEL_AGAIN = 2.5  # longer than our own tidying up
RECOVERED_AFTER = 30.0  # longer than any of our timeouts: a run that waits for one has not recovered


async def keep_running(name: str, run: Callable[[], Awaitable[None]], log: logging.Logger) -> None:
    """Run `run` again whenever it ends or fails, until cancelled.

    A run that held for RECOVERED_AFTER counts as a recovery, and the waiting starts over.
    """
    loop = asyncio.get_running_loop()
    wait, failing = FIRST_WAIT, False
    while True:
        started = loop.time()
        try:
            await _until_it_ends(run)
        except Exception as error:
            if loop.time() - started > RECOVERED_AFTER:
                wait, failing = FIRST_WAIT, False
            if not failing:
                log.warning("%s is interrupted, trying again", name, exc_info=error)
            failing = True
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)


async def _until_it_ends(run: Callable[[], Awaitable[None]]) -> None:
    """Run it; when we are cancelled, cancel it until it has ended.

    One cancellation may get lost: in `asyncio.wait_for` before Python 3.12, and so while aio-pika connects
    (seen: 1 in 150), and in a TaskGroup that fails at that moment.
    """
    running = asyncio.ensure_future(run())
    try:
        await asyncio.wait([running])
    finally:
        while not running.done():
            running.cancel()
            await asyncio.wait([running], timeout=CANCEL_AGAIN)
        failure = None if running.cancelled() else running.exception()
    if failure:
        raise failure
