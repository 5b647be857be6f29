"""Bytes in any chunking become whole frames, and frames become units: what passes or does not pass as one."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from tests.support.proxy.moments import Sight


class UnreadableError(Exception):
    """The wire carries what this proxy does not speak: the test is at fault, not the product."""


class Unit(NamedTuple):
    raw: bytes
    sight: Sight | None = None


class Direction(Protocol):
    """One way of one connection."""

    def feed(self, chunk: bytes) -> Iterable[Unit]:
        """The units that this chunk completes."""

    def rest(self) -> bytes:
        """What was begun and not completed."""


class Dialogue(Protocol):
    """One connection: both ways, and what they know of each other."""

    @property
    def from_client(self) -> Direction: ...

    @property
    def from_server(self) -> Direction: ...


class Frames:
    """`length(data, start)` tells how long the frame at `start` is, or 0 if that cannot be seen yet."""

    def __init__(self, length: Callable[[bytes, int], int]) -> None:
        self._length = length
        self._begun = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        data = self._begun + chunk
        start = 0
        while (length := self._length(data, start)) and start + length <= len(data):
            end = start + length
            yield data[start:end]
            start = end
        self._begun = data[start:]

    def rest(self) -> bytes:
        return self._begun
