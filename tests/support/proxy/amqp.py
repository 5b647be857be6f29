"""AMQP 0-9-1: a message (method, header and body frames of one channel) is one unit."""

from collections.abc import Callable, Iterator, Mapping
from struct import Struct

from tests.support.proxy.frames import Frames, Unit, UnreadableError
from tests.support.proxy.moments import Kind, Sight

_FRAME = Struct(">BHI")
_LONG = Struct(">I")
_LONGLONG = Struct(">Q")
_METHOD, _HEADER, _BODY = 1, 2, 3
_GREETING = ord("A")  # "AMQP" and four numbers, the only words without a frame
_END = 0xCE


def _basic(number: int) -> int:
    return 60 << 16 | number


_PUBLISH, _RETURN, _DELIVER, _GET_OK, _ACK = (_basic(number) for number in (40, 50, 60, 71, 80))
_CARRIES = {_PUBLISH, _RETURN, _DELIVER, _GET_OK}
_ARGUMENTS = 11


def _skip(frame: bytes, at: int) -> int:
    return at + 1 + frame[at]


def _words(frame: bytes, at: int) -> str:
    return frame[at + 1 : _skip(frame, at)].decode(errors="replace")


def _publish(frame: bytes) -> Sight:
    exchange = _ARGUMENTS + 2
    return Sight(Kind.PUBLISH_SENT, (_words(frame, _skip(frame, exchange)),))


def _deliver(frame: bytes) -> Sight:
    exchange = _skip(frame, _ARGUMENTS) + 9  # the consumer's tag, the delivery's tag, redelivered
    return Sight(Kind.DELIVERY_SENT, (_words(frame, _skip(frame, exchange)),))


Reader = Callable[[bytes], Sight]
_CLIENT: Mapping[int, Reader] = {_PUBLISH: _publish, _ACK: lambda _: Sight(Kind.DELIVERY_ACK)}
_SERVER: Mapping[int, Reader] = {_DELIVER: _deliver, _ACK: lambda _: Sight(Kind.PUBLISH_CONFIRM)}


class Amqp:
    def __init__(self) -> None:
        self.from_client = Way(_CLIENT)
        self.from_server = Way(_SERVER)


class Message:
    """A message whose frames are not all there yet."""

    def __init__(self, method: bytes, sight: Sight | None) -> None:
        self.raw = bytearray(method)
        self.sight = sight
        self._missing: int | None = None

    def add(self, frame: bytes) -> bool:
        """Whether it is complete."""
        self.raw += frame
        if frame[0] == _HEADER:
            self._missing = _LONGLONG.unpack_from(frame, 11)[0]
        elif self._missing is not None:
            self._missing -= len(frame) - 8
        return self._missing == 0


class Way:
    def __init__(self, sights: Mapping[int, Reader]) -> None:
        self._sights = sights
        self._frames = Frames(_length)
        self._begun: dict[int, Message] = {}

    def feed(self, chunk: bytes) -> Iterator[Unit]:
        for frame in self._frames.feed(chunk):
            kind, channel, _ = _FRAME.unpack_from(frame)
            if kind == _METHOD:
                yield from self._method(channel, frame)
            elif kind in {_HEADER, _BODY} and (message := self._begun.get(channel)):
                if message.add(frame):
                    yield self._whole(channel)
            else:
                yield Unit(frame)

    def rest(self) -> bytes:
        return b"".join(bytes(message.raw) for message in self._begun.values()) + self._frames.rest()

    def _method(self, channel: int, frame: bytes) -> Iterator[Unit]:
        if channel in self._begun:  # the sender thought better of it: a channel's end, mostly
            yield Unit(bytes(self._begun.pop(channel).raw))
        method = _LONG.unpack_from(frame, 7)[0]
        read = self._sights.get(method)
        sight = read(frame) if read else None
        if method in _CARRIES:
            self._begun[channel] = Message(frame, sight)
        else:
            yield Unit(frame, sight)

    def _whole(self, channel: int) -> Unit:
        message = self._begun.pop(channel)
        return Unit(bytes(message.raw), message.sight)


def _length(data: bytes, start: int) -> int:
    if len(data) < start + 7:
        return 0
    if data[start] == _GREETING:
        return 8
    length: int = _FRAME.unpack_from(data, start)[2] + 8
    if start + length <= len(data) and data[start + length - 1] != _END:
        raise UnreadableError("no AMQP 0-9-1 frame ends here; is the connection encrypted?")
    return length
