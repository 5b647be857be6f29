"""What a strike is."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from tests.faults.ground import Ground

Strike = Callable[[Ground], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def nothing(_: Ground) -> AsyncIterator[None]:
    yield
