"""What was computed about a department last, each at one version of a project."""

from asyncio import Lock, to_thread
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_KEPT = 64


class KeptAnswers(Generic[T]):
    """One is computed at a time, beside the event loop: it may take a second; who asks the same waits."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._computing = Lock()

    async def at(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The answer of this key, which has all in it that the answer depends on."""
        async with self._computing:
            if key not in self._kept:
                self._kept[key] = await to_thread(compute)
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]
