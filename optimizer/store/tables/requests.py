"""Requests that were answered, and messages that still have to leave."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, Text, text

from optimizer.store.columns import COUNTED, METADATA, Instant

idempotency_keys = Table(
    "idempotency_keys",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("content_sha256", Text, nullable=False),
    Column("result_name", Text, nullable=False),
    Column("expire_instant", Instant, nullable=False),
    CheckConstraint("length(content_sha256) = 64", name="content_sha256"),
    Index(None, "expire_instant"),
)

outbox = Table(
    "outbox",
    METADATA,
    Column("id", COUNTED, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("resource_name", Text, nullable=False),
    Column("payload_json", Text, nullable=False),
    Column("create_instant", Instant, nullable=False),
    Column("delivered_instant", Instant),
    Column("audit_sequence", BigInteger, nullable=False),  # the audit row of the same effect
    Index(None, "tenant", "id"),
    sqlite_autoincrement=True,  # ids never come back: watchers resume from them
)

undelivered = Index(
    "ix_outbox_undelivered",
    outbox.c.id,
    sqlite_where=text("delivered_instant IS NULL"),
    postgresql_where=text("delivered_instant IS NULL"),
)
