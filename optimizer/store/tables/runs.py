"""Runs, and the allocations that they found, kept once for each tenant and content."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from optimizer.store.columns import METADATA, Instant
from optimizer.store.states import RunOutcome, RunState, texts

allocations = Table(
    "allocations",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("content_json", Text, nullable=False),
    Column("create_instant", Instant, nullable=False),
    CheckConstraint("length(sha256) = 64", name="sha256"),
)

runs = Table(
    "runs",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("job_name", Text, nullable=False),
    Column("job_revision", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("slot_instant", Instant),  # the slot that it runs; null where it was started for none
    Column(
        "skipped_slot_instant", Instant
    ),  # the slot that it leaves to a later run, if any; SKIPPED runs alone
    Column("trigger_id", Text),  # the trigger that started it
    Column("initiator", Text, nullable=False),
    Column("allocation_sha256", Text),
    Column("failure_json", Text),
    Column("refusals_json", Text, nullable=False, server_default="[]"),
    Column("marks_name", Text, ForeignKey("marks.name")),  # null while it has used none
    Column("lease_holder", Text),  # who works on it, until when unless renewed
    Column("lease_expire_instant", Instant),
    Column("create_instant", Instant, nullable=False),
    Column("start_instant", Instant),
    Column("end_instant", Instant),
    ForeignKeyConstraint(["tenant", "job_name"], ["jobs.tenant", "jobs.name"]),
    ForeignKeyConstraint(["job_name", "job_revision"], ["job_revisions.job_name", "job_revisions.revision"]),
    ForeignKeyConstraint(["tenant", "allocation_sha256"], ["allocations.tenant", "allocations.sha256"]),
    CheckConstraint(f"state IN ({texts(RunState)})", name="state"),
    CheckConstraint(f"outcome IN ({texts(RunOutcome)})", name="outcome"),
    CheckConstraint("(outcome IS NULL) = (state <> 'SUCCEEDED')", name="outcome_of_success"),
    CheckConstraint("skipped_slot_instant IS NULL OR state = 'SKIPPED'", name="skipped_slot"),
    CheckConstraint("(lease_holder IS NULL) = (lease_expire_instant IS NULL)", name="lease"),
    UniqueConstraint("job_name", "slot_instant"),
    UniqueConstraint("tenant", "job_name", "name"),
    Index("ix_runs_skipped_slot", "job_name", "skipped_slot_instant", unique=True),
    Index(None, "tenant", "create_instant"),
    Index(None, "job_name", "create_instant"),
)

unfinished = Index(
    "ix_runs_unfinished",
    runs.c.create_instant,
    sqlite_where=text("state IN ('PENDING', 'RUNNING')"),
    postgresql_where=text("state IN ('PENDING', 'RUNNING')"),
)

unfinished_of_job = Index(
    "ix_runs_unfinished_of_job",
    runs.c.job_name,
    runs.c.create_instant,
    sqlite_where=text("state IN ('PENDING', 'RUNNING')"),
    postgresql_where=text("state IN ('PENDING', 'RUNNING')"),
)

looks = Index(
    "ix_runs_looks",
    runs.c.job_name,
    runs.c.job_revision,
    runs.c.end_instant,
    sqlite_where=text("outcome IN ('PROPOSED', 'WITHIN_TOLERANCE')"),
    postgresql_where=text("outcome IN ('PROPOSED', 'WITHIN_TOLERANCE')"),
)
