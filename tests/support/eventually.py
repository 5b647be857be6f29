"""Waiting for what other processes do, with a bound."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    look: Callable[[], Awaitable[T]], *, seconds: float = 20.0, every: float = 0.05, what: str = ""
) -> T:
    """The first truthy answer of `look`; AssertionError with the last answer when it takes too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        answer = await look()
        if answer:
            return answer
        if loop.time() > deadline:
            raise AssertionError(f"{what or look.__qualname__}: not within {seconds:g} s, last {answer!r}")
        await asyncio.sleep(every)
