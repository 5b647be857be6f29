"""Errors are facts: each has a stable code, one HTTP status, and says whether trying again may help.

One error serves two edges: an RFC 9457 problem over HTTP, retry-or-park over AMQP.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class Refusal(Exception):
    """Something the business says no to. Subclasses are named for the fact they state."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Refused"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str | None = None, **params: Any) -> None:
        """`params` go to the caller: ids and codes he sent or may see, never names or addresses."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.params: Mapping[str, Any] = params


class NotFound(Refusal):
    """Unknown, malformed, or outside the caller's scope: one answer for the three."""

    code = "not_found"
    status = 404
    title = "Not found"


class NotLoggedIn(Refusal):
    """No token, or one that is expired, revoked or not ours."""

    code = "not_logged_in"
    status = 401
    title = "Log in first"


class NotAllowed(Refusal):
    """Within scope, but not with this role."""

    code = "not_allowed"
    status = 403
    title = "Your role does not allow this"


class InvalidInput(Refusal):
    """The request is understood and wrong."""

    code = "invalid_input"
    status = 422
    title = "The input is not valid"


class VersionRequired(Refusal):
    """Who changes something says which version of it he saw (RFC 6585)."""

    code = "version_required"
    status = 428
    title = "Say in If-Match which version you saw"


class VersionStale(Refusal):
    """Somebody changed it meanwhile: look again."""

    code = "version_stale"
    status = 412
    title = "It has changed since you saw it"


class TryLater(Refusal):
    """Something we depend on is away; the same request may succeed soon."""

    code = "try_later"
    status = 503
    title = "Not available now, try again"
    retryable = True
