"""One engine a process, and what "the database is away" looks like."""

import asyncio

from pydantic_core import to_json
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_STATEMENT_MS = "30000"
_IDLE_IN_TRANSACTION_MS = "30000"
_ANSWER_SECONDS = 40.0  # later than the server's own timeout: it or the road to it is gone

# SQLSTATE classes of a server that went, goes or is not yet there: 08 connection, 57P0x shutdown, 53300 full.
_AWAY_STATES = ("08", "57P01", "57P02", "57P03", "53300", "25P03")


def async_url(url: str) -> URL:
    """A plain `postgresql://…` URL for the asyncpg driver."""
    return make_url(url).set(drivername="postgresql+asyncpg")


def create_engine(url: str, *, size: int = 10) -> AsyncEngine:
    """`hide_parameters`: an error must not carry rows into a log."""
    return create_async_engine(
        async_url(url),
        pool_size=size,
        max_overflow=size,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=lambda value: to_json(value).decode(),
        connect_args={
            "timeout": 5,
            "command_timeout": _ANSWER_SECONDS,
            "server_settings": {
                "statement_timeout": _STATEMENT_MS,
                "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_MS,
                "jit": "off",
            },
        },
    )


def database_is_away(error: BaseException) -> bool:
    """Whether an error says nothing about the work, only that the database cannot be reached now."""
    if isinstance(error, PoolTimeout | OSError | asyncio.TimeoutError):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or state.startswith(_AWAY_STATES)
    # asyncpg's own errors reach us bare when a connection cannot even be made.
    return (getattr(error, "sqlstate", None) or "").startswith(_AWAY_STATES)


def lost_a_race(error: BaseException) -> bool:
    """Whether PostgreSQL let another transaction go first: a deadlock or a serialization failure."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in {"40P01", "40001"}
