"""What colleagues are told by mail: that a student left, and which of their groups has a free seat."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.ids import DepartureId, StudentCode, UserCode
from shared.contracts.values import DepartureReason
from shared.database.base import word
from users.models.schema import Base

TAKEN_FOR: Final = timedelta(minutes=1)
"""Longer than a mail server is given."""
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=6)
MOST_ATTEMPTS: Final = 20
"""Some three days."""


class Outcome(StrEnum):
    """Of the last attempt to tell it."""

    SENT = "sent"
    NO_ADDRESS = "no_address"
    POSTPONED = "postponed"
    GIVEN_UP = "given_up"


class Notice(Base):
    """One departure for one recipient. Codes only: names are read when the mail is written.

    waiting ──▶ ended: sent, no_address (none, or archived since), given_up
      │ └─▶ postponed, or taken and not noted: waiting again
      └──▶ deleted, when the departure is undone before the mail went
    """

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_waiting", "try_at", postgresql_where=text("ended_at IS NULL")),)

    departure: Mapped[DepartureId] = mapped_column(primary_key=True)
    recipient: Mapped[UserCode] = mapped_column(primary_key=True)
    student: Mapped[StudentCode]
    leaves_on: Mapped[date | None]
    reason: Mapped[DepartureReason]
    home_class: Mapped[str | None]
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Those of the recipient's that have a free seat."""
    created_at: Mapped[datetime]
    try_at: Mapped[datetime]
    attempts: Mapped[int]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(word(Outcome))

    def take(self, at: datetime) -> None:
        """It is being told: for a while nobody else does."""
        self.try_at = at + TAKEN_FOR

    def note(self, outcome: Outcome, at: datetime) -> None:
        """Postponed it waits twice as long each time, and is given up after some days."""
        self.attempts += 1
        if outcome is Outcome.POSTPONED and self.attempts >= MOST_ATTEMPTS:
            outcome = Outcome.GIVEN_UP
        self.outcome = outcome
        if outcome is Outcome.POSTPONED:
            self.try_at = at + min(FIRST_WAIT * 2 ** (self.attempts - 1), LONGEST_WAIT)
        else:
            self.ended_at = at


class ToldDeparture(Base):
    """What the portal said of a departure, in whichever order: once undone nobody is told of it any more."""

    __tablename__ = "told_departure"

    departure: Mapped[DepartureId] = mapped_column(primary_key=True)
    undone: Mapped[bool]
    at: Mapped[datetime]
