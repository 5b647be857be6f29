"""Dates of the school: all of them through here (names.md "Dates"), in Europe/Amsterdam.

A school year is named by the calendar year in which it starts: 2026 is 2026-2027, from 1 August 2026.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NewType
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

SchoolYear = NewType("SchoolYear", int)

_FIRST_MONTH = 8


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The date at school."""
    return now().astimezone(AMSTERDAM).date()


def latest(at: time, moment: datetime) -> datetime:
    """When it was this time of day in Amsterdam for the last time, at that moment; in UTC."""
    day = moment.astimezone(AMSTERDAM).date()
    today_at = datetime.combine(day, at, AMSTERDAM)
    if today_at > moment:
        today_at = datetime.combine(day - timedelta(days=1), at, AMSTERDAM)
    return today_at.astimezone(UTC)


def school_year_of(day: date) -> SchoolYear:
    """The school year a day falls in; it starts on 1 August."""
    return SchoolYear(day.year if day.month >= _FIRST_MONTH else day.year - 1)


def school_year_name(year: SchoolYear) -> str:
    """2026 → "2026-2027"."""
    return f"{year}-{year + 1}"


def due_after(last_day: date) -> datetime:
    """When a last day at school is over: 00:00 in Amsterdam of the next day, in UTC."""
    return datetime.combine(last_day + timedelta(days=1), time(), AMSTERDAM).astimezone(UTC)
