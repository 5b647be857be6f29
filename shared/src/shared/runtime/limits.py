"""Pure ASGI: a body has a size and a media type we take, or is refused before anything reads it."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime.problems import problem

MAX_BODY = 64 * 1024


class _TooLarge(HTTPException):
    """An HTTPException: FastAPI answers 400 to any other error while it reads a body."""

    def __init__(self) -> None:
        super().__init__(413, "The body is too large")


class BodyLimits:
    """`larger` names the paths with a limit of their own, `forms` those that take a form instead of JSON."""

    def __init__(
        self, app: ASGIApp, larger: Mapping[str, int] | None = None, forms: frozenset[str] = frozenset()
    ) -> None:
        self.app = app
        self.larger = larger or {}
        self.forms = forms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"POST", "PUT", "PATCH"}:
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        limit = self.larger.get(scope["path"], MAX_BODY)
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > limit:
            return await problem(413, "too_large", "The body is too large")(scope, receive, send)
        has_body = length != b"0" or b"transfer-encoding" in headers
        wanted = "application/x-www-form-urlencoded" if scope["path"] in self.forms else "application/json"
        media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
        if has_body and media_type != wanted:
            return await problem(415, "wrong_media_type", f"Send {wanted}")(scope, receive, send)
        return await self._limited(scope, receive, send, limit)

    async def _limited(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        taken, started = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except _TooLarge:
            if not started:
                await problem(413, "too_large", "The body is too large")(scope, receive, send)
