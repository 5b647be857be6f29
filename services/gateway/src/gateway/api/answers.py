"""A service's answer, given to the caller as it is."""

import httpx
from fastapi import Response

_KEPT = ("content-type", "www-authenticate", "retry-after")


def as_it_is(answer: httpx.Response) -> Response:
    """The same status and body."""
    headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    return Response(answer.content, answer.status_code, headers)
