"""UUIDv7 ids: time-ordered, made in Python so that any PostgreSQL from 15 on will do."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562 section 5.7)."""
    return uuid7()
