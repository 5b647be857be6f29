"""Which SQL a message sets to work: a prepared statement's text passes once and is used for long."""

_QUERY, _PARSE, _BIND, _EXECUTE, _CLOSE = b"QPBEC"
_BODY = 5  # after the type and the length


class Statements:
    """Of one connection."""

    def __init__(self) -> None:
        self._prepared: dict[str, str] = {}
        self._portals: dict[str, str] = {}

    def running(self, frame: bytes) -> str | None:
        kind = frame[0]
        if kind == _QUERY:
            return _text(frame, _BODY)[0]
        if kind == _EXECUTE:
            return self._portals.get(_text(frame, _BODY)[0])
        if kind == _PARSE:
            name, at = _text(frame, _BODY)
            self._prepared[name] = _text(frame, at)[0]
        elif kind == _BIND:
            portal, at = _text(frame, _BODY)
            self._portals[portal] = self._prepared.get(_text(frame, at)[0], "")
        elif kind == _CLOSE:
            names = self._prepared if frame[_BODY : _BODY + 1] == b"S" else self._portals
            names.pop(_text(frame, _BODY + 1)[0], None)
        return None


def _text(data: bytes, start: int) -> tuple[str, int]:
    """A text, and where the next field begins."""
    end = data.index(0, start)
    return data[start:end].decode(errors="replace"), end + 1
