"""Proposals, and the one decision on each."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from optimizer.store.columns import METADATA, Instant
from optimizer.store.states import ProposalState, ReleaseState, texts

proposals = Table(
    "proposals",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("job_name", Text, nullable=False),
    Column("run_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("plan_json", Text, nullable=False),
    Column("measures_json", Text, nullable=False, server_default="{}"),  # the portfolio before and after
    Column("content_sha256", Text, nullable=False),
    Column("barred_approvers_json", Text, nullable=False),
    Column("expire_instant", Instant, nullable=False),
    # The old proposal gives way before the new one is there: checked at the end of the transaction.
    Column("superseding_proposal", Text, ForeignKey("proposals.name", deferrable=True, initially="DEFERRED")),
    Column("create_instant", Instant, nullable=False),
    Column("release_state", Text),  # null until it is approved
    Column("release_instant", Instant),
    Column("release_detail", Text, nullable=False, server_default=""),
    ForeignKeyConstraint(["tenant", "job_name", "run_name"], ["runs.tenant", "runs.job_name", "runs.name"]),
    CheckConstraint(f"state IN ({texts(ProposalState)})", name="state"),
    CheckConstraint("length(content_sha256) = 64", name="content_sha256"),
    CheckConstraint(f"release_state IN ({texts(ReleaseState)})", name="release_state"),
    CheckConstraint(
        "(release_state IS NULL) = (state <> 'APPROVED')"
        " AND (release_instant IS NULL) = (release_state IS NULL)",
        name="release_of_approval",
    ),
    UniqueConstraint("run_name"),
    Index(None, "tenant", "create_instant"),
    Index(None, "job_name", "create_instant"),
)

one_open = Index(
    "uq_proposals_open",
    proposals.c.job_name,
    unique=True,
    sqlite_where=text("state = 'OPEN'"),
    postgresql_where=text("state = 'OPEN'"),
)
"""A job has at most one open proposal: a newer one supersedes it."""

due = Index(
    "ix_proposals_due",
    proposals.c.expire_instant,
    sqlite_where=text("state = 'OPEN'"),
    postgresql_where=text("state = 'OPEN'"),
)

waiting = Index(
    "ix_proposals_waiting",
    proposals.c.release_instant,
    sqlite_where=text("release_state = 'WAITING'"),
    postgresql_where=text("release_state = 'WAITING'"),
)

decisions = Table(
    "decisions",
    METADATA,
    Column("proposal_name", Text, ForeignKey("proposals.name"), primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("decide_instant", Instant, nullable=False),
    Column("comment", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Column("authenticated", SmallInteger, nullable=False, server_default="0"),
    CheckConstraint("authenticated IN (0, 1)", name="authenticated"),
    CheckConstraint("verdict IN ('APPROVED', 'REJECTED')", name="verdict"),
)
