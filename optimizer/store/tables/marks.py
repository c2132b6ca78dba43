"""Marks of portfolios, as they were recorded."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, Table, Text

from optimizer.store.columns import METADATA, Instant

marks = Table(
    "marks",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("job_name", Text, nullable=False),
    Column("as_of_date", Text, nullable=False),  # ISO 8601: a day has no zone
    Column("content_json", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Column("recorder", Text, nullable=False),
    Column("record_instant", Instant, nullable=False),
    # The audit row of the recording: clocks of servers differ, the order of commits does not.
    Column("audit_sequence", BigInteger, nullable=False),
    ForeignKeyConstraint(["tenant", "job_name"], ["jobs.tenant", "jobs.name"]),
    CheckConstraint("length(content_sha256) = 64", name="content_sha256"),
    Index(None, "job_name", "audit_sequence", unique=True),
    Index(None, "job_name", "as_of_date"),
)
