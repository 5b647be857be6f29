"""One connection of the service, and the proxy's own to the server for it."""

import asyncio
import contextlib
import socket
import struct
from collections import Counter

from tests.support.proxy.faults import Fault, Severed
from tests.support.proxy.frames import Dialogue, Direction
from tests.support.proxy.moments import Kind, Sight

_CHUNK = 256 * 1024
_ABRUPT = struct.pack("ii", 1, 0)
_LAST_WORDS_SECONDS = 2


class Watch:
    """All that was seen by one proxy, and the faults that wait for more."""

    def __init__(self) -> None:
        self.seen: Counter[Kind] = Counter()
        self.faults: list[Fault] = []

    def strikes(self, sight: Sight) -> list[Fault]:
        self.seen[sight.kind] += 1
        return [fault for fault in self.faults if fault.sees(sight)]


class Stream:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def reset(self) -> None:
        if not self.writer.transport.is_closing():
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPT)
        self.writer.transport.abort()

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        while self.writer.transport.get_write_buffer_size():  # noqa: ASYNC110  # drain() stops earlier
            await asyncio.sleep(0.001)

    async def last_words(self) -> None:
        """End in order, so that what was sent is read: a reset may overtake it. Hear nothing any more."""
        with contextlib.suppress(OSError, TimeoutError):
            self.writer.write_eof()
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                while await self.reader.read(_CHUNK):
                    pass


class Link:
    def __init__(self, client: Stream, server: Stream, dialogue: Dialogue, watch: Watch) -> None:
        self._client = client
        self._server = server
        self._dialogue = dialogue
        self._watch = watch

    async def run(self) -> None:
        """Until both sides have ended, one has failed, a fault cuts it, or it is cancelled."""
        ways = (
            asyncio.create_task(self._pump(self._client, self._server, self._dialogue.from_client)),
            asyncio.create_task(self._pump(self._server, self._client, self._dialogue.from_server)),
        )
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
            await _stop(*ways)
            await self._end([failure for way in done if (failure := way.exception())])
        finally:
            self._client.reset()
            self._server.reset()
            await _stop(*ways)

    async def _end(self, failures: list[BaseException]) -> None:
        for failure in failures:
            if isinstance(failure, Severed):
                if isinstance(failure.heard, Stream):
                    await failure.heard.last_words()
            elif not isinstance(failure, OSError):  # the one side's end is passed on to the other
                raise failure

    async def _pump(self, source: Stream, sink: Stream, way: Direction) -> None:
        while chunk := await source.reader.read(_CHUNK):
            passing = bytearray()
            for unit in way.feed(chunk):
                passing += unit.raw
                if unit.sight and (faults := self._watch.strikes(unit.sight)):
                    await sink.send(bytes(passing[: -len(unit.raw)]))
                    passing[:] = await self._act(faults, unit.raw, source, sink)
            sink.writer.write(bytes(passing))
            await sink.writer.drain()
        sink.writer.write(way.rest())
        sink.writer.write_eof()

    async def _act(self, faults: list[Fault], raw: bytes, source: Stream, sink: Stream) -> bytes:
        for fault in faults:
            raw = await fault.act(raw, source, sink)
        return raw


async def _stop(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
