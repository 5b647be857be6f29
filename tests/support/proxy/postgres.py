"""PostgreSQL's protocol 3: which transaction wrote what, and when it commits.

A COMMIT is one unit with what ends it: Execute with its Sync, CommandComplete with its ReadyForQuery.
So a swallowed reply leaves a client that waits, not one that hears half of it.
"""

import re
from collections.abc import Iterator
from struct import Struct

from tests.support.proxy.frames import Frames, Unit, UnreadableError
from tests.support.proxy.moments import Kind, Sight
from tests.support.proxy.statements import Statements

_LENGTH = Struct(">I")
_CANCEL, _SSL, _GSS = 80877102, 80877103, 80877104
_COMMIT = re.compile(r"\s*(?:COMMIT|END)\b(?!\s+PREPARED)", re.IGNORECASE)
_QUERY, _SYNC = b"QS"
_COMPLETE, _READY = b"CZ"
_COMMITTED = b"COMMIT\0"


class Postgres:
    def __init__(self) -> None:
        self.wrote: set[str] = set()  # SQL of the open transaction, each text once
        self.negotiations = 0  # SSL or GSS asked for: the server answers with one bare byte
        self.from_client = Client(self)
        self.from_server = Server(self)

    def about(self) -> tuple[str, ...]:
        return tuple(self.wrote)


class Client:
    def __init__(self, connection: Postgres) -> None:
        self._connection = connection
        self._frames = Frames(self._length)
        self._started = False
        self._statements = Statements()
        self._commit = b""

    def _length(self, data: bytes, start: int) -> int:
        start += self._started  # only the first messages have no type
        return _LENGTH.unpack_from(data, start)[0] + self._started if len(data) >= start + 4 else 0

    def feed(self, chunk: bytes) -> Iterator[Unit]:
        for frame in self._frames.feed(chunk):
            if not self._started:
                self._greet(_LENGTH.unpack_from(frame, 4)[0])
                yield Unit(frame)
            elif self._commit:
                self._commit += frame
                if frame[0] == _SYNC:
                    yield self._sent(self._commit)
                    self._commit = b""
            elif (sql := self._statements.running(frame)) is None:
                yield Unit(frame)
            elif not _COMMIT.match(sql):
                self._connection.wrote.add(sql)
                yield Unit(frame)
            elif frame[0] == _QUERY:
                yield self._sent(frame)
            else:
                self._commit = frame

    def rest(self) -> bytes:
        return self._commit + self._frames.rest()

    def _sent(self, raw: bytes) -> Unit:
        return Unit(raw, Sight(Kind.COMMIT_SENT, self._connection.about()))

    def _greet(self, code: int) -> None:
        if code in {_SSL, _GSS}:
            self._connection.negotiations += 1
        elif code != _CANCEL:
            self._started = True


class Server:
    def __init__(self, connection: Postgres) -> None:
        self._connection = connection
        self._frames = Frames(self._length)
        self._reply = b""

    def _length(self, data: bytes, start: int) -> int:
        if self._connection.negotiations:
            return 1 if len(data) > start else 0
        return _LENGTH.unpack_from(data, start + 1)[0] + 1 if len(data) >= start + 5 else 0

    def feed(self, chunk: bytes) -> Iterator[Unit]:
        for frame in self._frames.feed(chunk):
            if self._connection.negotiations:
                self._connection.negotiations -= 1
                if frame != b"N":
                    raise UnreadableError(
                        f"the server agrees to encrypt ({frame!r}): turn it off, sslmode=disable"
                    )
                yield Unit(frame)
            elif frame[0] == _READY:
                yield self._ended(frame)
            elif self._reply or (frame[0] == _COMPLETE and frame[5:] == _COMMITTED):
                self._reply += frame
            else:
                yield Unit(frame)

    def rest(self) -> bytes:
        return self._reply + self._frames.rest()

    def _ended(self, ready: bytes) -> Unit:
        sight = Sight(Kind.COMMIT_REPLY, self._connection.about()) if self._reply else None
        unit = Unit(self._reply + ready, sight)
        self._reply = b""
        if ready[5:6] == b"I":  # no transaction is open
            self._connection.wrote.clear()
        return unit
