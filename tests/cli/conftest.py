"""A gateway whose answers a test decides, and the commands."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from doorstroom.main import app

TOKEN = {"access_token": "t", "expires_in": 300}

Answer = tuple[int, Any]
"""A status and a body; a list is a stream of events."""


@dataclass
class Gateway:
    url: str = ""
    answers: dict[str, Answer | deque[Answer]] = field(default_factory=dict)
    """By method and path; several are given one after the other, the last one for good."""
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def answer(self, route: str) -> Answer:
        found = self.answers.get(route, (404, {"code": "not_found"}))
        if isinstance(found, deque):
            return found.popleft() if len(found) > 1 else found[0]
        return found

    def bodies(self, route: str) -> list[Any]:
        """What was sent there."""
        return [json.loads(body) for asked, _, body in self.asked if asked == route]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    answering = Gateway(answers={"POST /api/users/oauth/token": (200, TOKEN)})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answering.asked.append((f"{self.command} {path}", query, body))
            answering.keys += self.headers.get_all("Idempotency-Key", [])
            status, answer = answering.answer(f"{self.command} {path}")
            is_events = isinstance(answer, list)
            sent = "".join(f"event: told\ndata: {json.dumps(one)}\n\n" for one in answer) if is_events else ""
            payload = (sent or json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        answering.url = f"http://127.0.0.1:{server.server_port}"
        yield answering
        server.shutdown()
        thread.join()


def run(*arguments: str, typed: str | None = None, **environment: str):
    told = {"DOORSTROOM_USERNAME": "manager", "DOORSTROOM_PASSWORD": "secret"} | environment
    return CliRunner().invoke(app, list(arguments), input=typed, env=told)
