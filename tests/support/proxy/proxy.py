"""The proxy itself: it listens, links, and can be away."""

import asyncio
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support.proxy.amqp import Amqp
from tests.support.proxy.faults import Action, Fault
from tests.support.proxy.frames import Dialogue
from tests.support.proxy.link import Link, Stream, Watch
from tests.support.proxy.moments import Kind, Moment
from tests.support.proxy.postgres import Postgres


class Proxy:
    """Listens on 127.0.0.1 while its `async with` lasts. Leaving it raises what went wrong on the wire."""

    host = "127.0.0.1"

    def __init__(self, dialogue: Callable[[], Dialogue], target_host: str, target_port: int) -> None:
        self.port = 0
        self.failures: list[Exception] = []
        self._dialogue = dialogue
        self._target = (target_host, target_port)
        self._watch = Watch()
        self._links: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @classmethod
    def postgres(cls, target_host: str, target_port: int) -> Self:
        return cls(Postgres, target_host, target_port)

    @classmethod
    def amqp(cls, target_host: str, target_port: int) -> Self:
        return cls(Amqp, target_host, target_port)

    @property
    def seen(self) -> Counter[Kind]:
        """All sights since the start, whether a fault waited for them or not."""
        return self._watch.seen

    @property
    def links(self) -> int:
        """Connections open at this moment."""
        return len(self._links)

    def through(self, url: str) -> str:
        """The same URL by way of this proxy."""
        parts = urlsplit(url)
        login, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{login}{at}{self.host}:{self.port}").geturl()

    def at(self, moment: Moment, *actions: Action) -> Fault:
        """From now on count towards this moment, and then do these."""
        fault = Fault(moment, actions)
        self._watch.faults.append(fault)
        return fault

    def heal(self) -> None:
        """Forget all faults, also those still to come."""
        for fault in self._watch.faults:
            fault.disarm()
        self._watch.faults.clear()

    async def refuse(self) -> None:
        """The server is away: connections are reset, new ones refused."""
        if self._server:
            self._server.close()
            self._server = None
        await self.cut_all()

    async def accept(self) -> None:
        """The server is back, at the same port."""
        if not self._server:
            self._server = await asyncio.start_server(self._welcome, self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def cut_all(self) -> None:
        """Reset each connection there is; new ones are welcome."""
        links = tuple(self._links)
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.refuse()
        if self.failures and error is None:
            raise self.failures[0]

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Stream(reader, writer)
        if not self._server:  # it came in while the door closed
            client.reset()
            return
        link = asyncio.create_task(self._link(client))
        self._links.add(link)
        link.add_done_callback(self._links.discard)
        link.add_done_callback(lambda _: client.reset())  # also when it was cancelled before it began

    async def _link(self, client: Stream) -> None:
        try:
            server = Stream(*await asyncio.open_connection(*self._target))
            await Link(client, server, self._dialogue(), self._watch).run()
        except OSError:
            pass  # the server itself is away: so is the proxy
        except Exception as failure:  # noqa: BLE001  # told when the test leaves the proxy
            self.failures.append(failure)
