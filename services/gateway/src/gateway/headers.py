"""Headers that go through the door, and those that belong to one connection only (RFC 9110 section 7.6.1)."""

from collections.abc import Iterable

from fastapi import Request

Headers = list[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_TOLD_BY_US = frozenset({b"host", b"content-length", b"expect", b"forwarded"})


def to_service(request: Request) -> Headers:
    """What a service is told: who called in X-Forwarded-For, and never what a caller claims to be."""
    told = [
        (name, value)
        for name, value in _end_to_end(request.headers.raw)
        if name not in _TOLD_BY_US and not name.startswith(b"x-forwarded-")
    ]
    if request.client is not None:
        told.append((b"x-forwarded-for", request.client.host.encode()))
    return told


def to_caller(raw: Iterable[tuple[bytes, bytes]], base_url: str, prefix: str) -> Headers:
    """What the caller gets; a Location of the service becomes one of the door. The date is our own."""
    return [
        (name, _location(value, base_url.encode(), prefix.encode()) if name == b"location" else value)
        for name, value in _end_to_end(raw)
        if name != b"date"
    ]


def _end_to_end(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    headers = [(name.lower(), value) for name, value in raw]
    named = {
        one.strip().lower() for name, value in headers if name == b"connection" for one in value.split(b",")
    }
    return [(name, value) for name, value in headers if name not in _HOP_BY_HOP | named]


def _location(value: bytes, base_url: bytes, prefix: bytes) -> bytes:
    path = value.removeprefix(base_url)
    return prefix + path if path.startswith(b"/") and not path.startswith(b"//") else value
