"""Pure ASGI: how long requests take, by route template; a path itself would hold student codes."""

from time import perf_counter

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DURATION = Histogram("http_request_duration_seconds", "Time to answer", ["method", "route", "status"])


class Timing:
    """Observes each request once its answer has begun; a stream counts until its first byte."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = perf_counter()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "unknown")
                DURATION.labels(scope["method"], route, message["status"]).observe(perf_counter() - started)
            await send(message)

        return await self.app(scope, receive, observed)
