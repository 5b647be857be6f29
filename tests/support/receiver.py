"""Somebody outside who receives webhooks: a small HTTP server that answers as it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG = 0
"""Instead of a status: take the request and never answer."""
NO_BODY = "Content-Length: 0\r\n"


@dataclass(frozen=True)
class Request:
    line: str
    headers: dict[str, str]
    body: str


@dataclass
class Receiver:
    """`answers` are given in their order; when there are none left, 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    headers: str = ""
    """Of each answer, when it has others than that it has no body."""

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].partition("/")[0])

    async def received(self, count: int = 1) -> list[Request]:
        """What came, once so many did; for `eventually`."""
        return self.requests if len(self.requests) >= count else []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line, *head = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (h.partition(":") for h in head)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.requests.append(Request(line, headers, body.decode()))
            answer = self.answers.pop(0) if self.answers else 204
            if answer == HANG:
                await reader.read()  # until the sender gives up
            else:
                writer.write(f"HTTP/1.1 {answer} Said\r\n{self.headers or NO_BODY}\r\n".encode())
                await writer.drain()
                await reader.read()  # until the sender has heard it
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(*answers: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on the loopback."""
    receiver = Receiver(answers=list(answers))
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    scheme = "https" if tls else "http"
    receiver.url = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}/hooks?from=doorstroom"
    try:
        yield receiver
    finally:
        server.close()
