"""Which paths of a service the door opens: judged on the bytes that were sent, before anything decodes them.

What two readers could read differently is not passed on at all: dot segments, empty segments, encoded
slashes, double encoding, control characters.
"""

from urllib.parse import unquote_to_bytes

_OWN_BUSINESS = (b"metrics", b"docs", b"redoc")
"""Metrics are for the operators' network; the documentation pages refer to paths without our prefix."""
_FORBIDDEN = frozenset(b'/\\%"<>') | frozenset(range(0x20)) | {0x7F}


def path_at_service(raw_path: bytes, prefix: str) -> str | None:
    """The path at the service, as it was sent; None when it is not for the outside."""
    if not raw_path.isascii() or not raw_path.startswith(prefix.encode() + b"/"):
        return None
    path = raw_path.decode()[len(prefix) :]
    segments = [unquote_to_bytes(segment) for segment in path[1:].split("/")]
    if not all(_is_plain(segment) for segment in segments):
        return None
    first = segments[0].lower()
    if first.startswith(b"health") or first in _OWN_BUSINESS:
        return None
    return path


def _is_plain(segment: bytes) -> bool:
    if segment in {b"", b".", b".."} or not _FORBIDDEN.isdisjoint(segment):
        return False
    try:
        segment.decode()
    except UnicodeDecodeError:
        return False
    return True
