"""Services whose answers and failures a test decides, behind a real gateway on real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

Answer = Response | Callable[[Request], Awaitable[Response]]


@dataclass
class Asked:
    method: str
    raw_path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class FakeService:
    """Answers 404 to what it was not taught."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def on(self, route: str, answer: Answer | dict[str, Any], status: int = 200) -> None:
        self.answers[route] = JSONResponse(answer, status) if isinstance(answer, dict) else answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        raw_path = scope["raw_path"].decode()
        headers = dict(request.headers.items())
        self.asked.append(
            Asked(request.method, raw_path, scope["query_string"].decode(), headers, await request.body())
        )
        answer = self.answers.get(f"{request.method} {raw_path}")
        if answer is None:
            answer = JSONResponse({"code": "not_found"}, 404)
        response = answer if isinstance(answer, Response) else await answer(request)
        await response(scope, receive, send)


async def hang(_: Request) -> Response:
    await asyncio.sleep(60)
    raise AssertionError("nobody waits that long")


@asynccontextmanager
async def served(app: ASGIApp, *, lifespan: str = "off") -> AsyncIterator[str]:
    """The app on a free port of its own, in this loop."""
    config = uvicorn.Config(
        app,
        port=0,
        log_config=None,
        lifespan=lifespan,  # type: ignore[arg-type]
        server_header=False,
        proxy_headers=False,  # else a caller on the loopback passes for a proxy of ours
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    # asyncio does so for sockets of its own; without, each answer waits 40 ms for the client's kernel.
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    task = asyncio.create_task(server._serve([socket]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        socket.close()


@dataclass
class Door:
    """A gateway and what is behind it; the client is the application manager."""

    url: str
    client: httpx.AsyncClient
    portal: FakeService
    users: FakeService
    desktop: FakeService

    async def raw(self, request_line: str) -> int:
        """The status for a request line no client would write; httpx would mend it."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"{request_line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        status = int((await reader.readline()).split()[1])
        writer.close()
        return status
