"""A fault is a moment and what is done then; a passage is the one unit it is done to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from tests.support.proxy.moments import Moment, Sight


class Severed(Exception):
    """The connection is no more. `heard` is the side that still reads its last bytes in peace."""

    def __init__(self, heard: "Side | None" = None) -> None:
        super().__init__("cut by a fault")
        self.heard = heard


class Side(Protocol):
    """One end of a connection, as an action needs it."""

    def reset(self) -> None:
        """Close abruptly (RST): nothing unsent goes, the other end gets an error."""

    async def send(self, raw: bytes) -> None:
        """Return when the kernel has all of it."""


class Passage:
    """`unit` is what is still to pass."""

    def __init__(self, fault: "Fault", unit: bytes, source: Side, sink: Side) -> None:
        self._fault = fault
        self.unit = unit
        self._source = source
        self._sink = sink

    def reached(self) -> None:
        """Tell the test that the moment is here, before the action is over."""
        self._fault.strike()

    async def forward(self) -> None:
        """Let the bytes pass now. After the actions this is done anyway."""
        unit, self.unit = self.unit, b""
        if unit:
            await self._sink.send(unit)

    def drop(self) -> None:
        self.unit = b""

    def cut(self) -> None:
        self._source.reset()
        self._sink.reset()
        raise Severed

    async def cut_after(self) -> None:
        await self.forward()
        self._source.reset()
        raise Severed(self._sink)


Action = Callable[[Passage], Awaitable[None]]


class Fault:
    def __init__(self, moment: Moment, actions: tuple[Action, ...]) -> None:
        self.moment = moment
        self.count = 0  # sights that count towards the moment, so far
        self.struck = 0  # how often it has happened
        self._actions = actions
        self._armed = True
        self._happened = asyncio.Event()
        self._failure: Exception | None = None

    def disarm(self) -> None:
        self._armed = False

    def sees(self, sight: Sight) -> bool:
        """Count, and say whether this is the moment."""
        if not self.moment.counts(sight):
            return False
        self.count += 1
        return self._armed and self.moment.strikes(self.count)

    def strike(self) -> None:
        self._happened.set()

    async def act(self, unit: bytes, source: Side, sink: Side) -> bytes:
        """Do it; returns what is still to be passed on."""
        passage = Passage(self, unit, source, sink)
        self.struck += 1
        try:
            for action in self._actions:
                await action(passage)
        except Severed:
            raise
        except Exception as failure:
            self._failure = failure
            raise
        finally:
            self.strike()
        return passage.unit

    async def happened(self, timeout: float = 20) -> None:  # noqa: ASYNC109  # a test says how long it waits
        """Wait for it. Raises what its action raised; TimeoutError if the moment does not come."""
        try:
            await asyncio.wait_for(self._happened.wait(), timeout)
        except TimeoutError:
            raise TimeoutError(f"{self.moment} did not come in {timeout} s: {self.count} seen") from None
        if self._failure:
            raise self._failure
