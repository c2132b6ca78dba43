"""Jobs, and every revision of what they ask."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Table, Text, UniqueConstraint

from optimizer.store.columns import METADATA, Instant
from optimizer.store.states import JobState, texts

jobs = Table(
    "jobs",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_reason", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),  # counts every change of the row: the etag
    Column("create_instant", Instant, nullable=False),
    Column("update_instant", Instant, nullable=False),
    Column("decided_slot_instant", Instant, nullable=False),  # slots up to it were run or skipped
    Column(
        "failure_count", BigInteger, nullable=False, server_default="0"
    ),  # runs in a row that came to nothing
    CheckConstraint(f"state IN ({texts(JobState)})", name="state"),
    CheckConstraint("revision >= 1", name="revision"),
    UniqueConstraint("tenant", "name"),
)

job_revisions = Table(
    "job_revisions",
    METADATA,
    Column("job_name", Text, ForeignKey("jobs.name"), primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("problem_json", Text, nullable=False),  # canonical, as its hash
    Column("problem_sha256", Text, nullable=False),
    Column("policies_json", Text, nullable=False),  # schedule, run policy and trade policy
    Column("author", Text, nullable=False),
    Column("create_instant", Instant, nullable=False),
    CheckConstraint("revision >= 1", name="revision"),
    CheckConstraint("length(problem_sha256) = 64", name="problem_sha256"),
)
