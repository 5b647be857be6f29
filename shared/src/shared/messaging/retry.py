"""A retry is a pure decision: when to try again, or to park."""

from datetime import timedelta

from shared.database.engine import lost_a_race
from shared.errors import Refusal

DELAYS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


def delay_after(error: BaseException, attempts: int) -> timedelta | None:
    """How long to wait after the `attempts`-th failed try (from 1); None means park it for a person."""
    if isinstance(error, Refusal) and not error.retryable:
        return None
    if attempts == 1 and lost_a_race(error):
        return timedelta()
    return DELAYS[attempts - 1] if attempts <= len(DELAYS) else None


def name_of(error: BaseException) -> str:
    """What an operator sees of an error: its code or class, never its text, which may quote a row."""
    if isinstance(error, Refusal):
        return error.code
    original = getattr(error, "orig", None)
    return type(original or error).__name__
