"""The tables every service has: outbox, inbox, audit, idempotent replies. Core tables: this road is hot."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.database.base import new_metadata

metadata = new_metadata()

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Uuid, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("body", JSONB),
    Column("correlation_id", Text, nullable=False),
    Column("traceparent", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
    Index("ix_outbox_waiting", "id", postgresql_where=text("published_at IS NULL")),
    Index("ix_outbox_published_at", "published_at", postgresql_where=text("published_at IS NOT NULL")),
)
"""Messages to send. `body` of a personal message is NULL once it is confirmed."""

inbox = Table(
    "inbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("raw", LargeBinary),
    Column("correlation_id", Text),
    Column("traceparent", Text),
    Column("sender", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
    Column("next_attempt_at", DateTime(timezone=True)),
    Column("reason", Text),
    Index(
        "ix_inbox_open", "state", "next_attempt_at", postgresql_where=text("state IN ('retrying', 'parked')")
    ),
    Index("ix_inbox_received_at", "received_at"),
)
"""Messages received. state: applied | retrying | parked | skipped. `raw` is there only while it is needed."""

audit = Table(
    "audit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", Text, nullable=False),
    Column("on_behalf_of", Text),
    Column("action", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("reason", Text),
    Column("correlation_id", Text, nullable=False),
    Index("ix_audit_object", "object_type", "object_id"),
)
"""Who did what; the app role may only INSERT and SELECT. Names of fields, never their values."""

idempotent_reply = Table(
    "idempotent_reply",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("reply", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_idempotent_reply_created_at", "created_at"),
)
"""Answers to POSTs with an Idempotency-Key, kept 24 hours."""
