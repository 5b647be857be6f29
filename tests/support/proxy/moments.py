"""What can be seen on the wire (a sight), and which of these a test waits for (a moment)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    COMMIT_SENT = "commit sent"
    COMMIT_REPLY = "commit reply"
    PUBLISH_SENT = "publish sent"
    PUBLISH_CONFIRM = "publish confirm"
    DELIVERY_SENT = "delivery sent"
    DELIVERY_ACK = "delivery ack"


class Sight(NamedTuple):
    """One thing seen: `about` holds the SQL of the transaction, or the routing key of the message."""

    kind: Kind
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moment:
    """The `nth` sight of its kind, counted from the moment a test asks for it, and `times - 1` after it."""

    kind: Kind
    nth: int = 1
    times: int = 1
    about: re.Pattern[str] | None = None

    def __post_init__(self) -> None:
        if self.nth < 1 or self.times < 1:
            raise ValueError("moments are counted from 1")

    def __str__(self) -> str:
        return f"{self.kind} #{self.nth}" + (f" about /{self.about.pattern}/" if self.about else "")

    def counts(self, sight: Sight) -> bool:
        if sight.kind != self.kind:
            return False
        return self.about is None or any(self.about.search(text) for text in sight.about)

    def strikes(self, count: int) -> bool:
        return self.nth <= count < self.nth + self.times


def writing(table: str) -> re.Pattern[str]:
    """`outbox` means a statement that writes that table; anything but a bare name is a regex on the SQL."""
    if re.fullmatch(r"\w+", table):
        verbs = r"(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|COPY)"
        table = rf'\b{verbs}\s+(?:ONLY\s+)?(?:"?\w+"?\.)?"?{table}\b'
    return re.compile(table, re.IGNORECASE)


class Commit:
    """PostgreSQL. A COMMIT answered with ROLLBACK has been sent, but has no reply of this kind."""

    @staticmethod
    def sent(nth: int = 1, *, wrote: str | None = None, times: int = 1) -> Moment:
        return Moment(Kind.COMMIT_SENT, nth, times, writing(wrote) if wrote else None)

    @staticmethod
    def reply(nth: int = 1, *, wrote: str | None = None, times: int = 1) -> Moment:
        return Moment(Kind.COMMIT_REPLY, nth, times, writing(wrote) if wrote else None)


class Publish:
    """AMQP, outward. A swallowed publish shifts the confirms after it: the broker never counted it."""

    @staticmethod
    def sent(nth: int = 1, *, key: str | None = None, times: int = 1) -> Moment:
        return Moment(Kind.PUBLISH_SENT, nth, times, re.compile(key) if key else None)

    @staticmethod
    def confirm(nth: int = 1, *, times: int = 1) -> Moment:
        return Moment(Kind.PUBLISH_CONFIRM, nth, times)


class Delivery:
    """AMQP, inward."""

    @staticmethod
    def sent(nth: int = 1, *, key: str | None = None, times: int = 1) -> Moment:
        return Moment(Kind.DELIVERY_SENT, nth, times, re.compile(key) if key else None)

    @staticmethod
    def ack(nth: int = 1, *, times: int = 1) -> Moment:
        return Moment(Kind.DELIVERY_ACK, nth, times)
