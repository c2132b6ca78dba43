"""Jobs, their runs, and the proposals to decide on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "allocations",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content_json", sa.Text(), nullable=False),
        sa.Column("create_instant", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_allocations_sha256")),
        sa.PrimaryKeyConstraint("tenant", "sha256", name=op.f("pk_allocations")),
    )
    op.create_table(
        "jobs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("create_instant", sa.BigInteger(), nullable=False),
        sa.Column("update_instant", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('ACTIVE', 'PAUSED', 'DELETED')", name=op.f("ck_jobs_state")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_jobs_revision")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_jobs_tenant_name")),
    )
    op.create_table(
        "job_revisions",
        sa.Column("job_name", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("problem_json", sa.Text(), nullable=False),
        sa.Column("problem_sha256", sa.Text(), nullable=False),
        sa.Column("policies_json", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("create_instant", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(problem_sha256) = 64", name=op.f("ck_job_revisions_problem_sha256")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_job_revisions_revision")),
        sa.ForeignKeyConstraint(["job_name"], ["jobs.name"], name=op.f("fk_job_revisions_job_name")),
        sa.PrimaryKeyConstraint("job_name", "revision", name=op.f("pk_job_revisions")),
    )
    op.create_table(
        "runs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("job_name", sa.Text(), nullable=False),
        sa.Column("job_revision", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("slot_instant", sa.BigInteger(), nullable=True),
        sa.Column("initiator", sa.Text(), nullable=False),
        sa.Column("allocation_sha256", sa.Text(), nullable=True),
        sa.Column("error_json", sa.Text(), nullable=True),
        sa.Column("create_instant", sa.BigInteger(), nullable=False),
        sa.Column("start_instant", sa.BigInteger(), nullable=True),
        sa.Column("end_instant", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(outcome IS NULL) = (state <> 'SUCCEEDED')", name=op.f("ck_runs_outcome_of_success")
        ),
        sa.CheckConstraint(
            "outcome IN ('PROPOSED', 'WITHIN_TOLERANCE', 'REFUSED')", name=op.f("ck_runs_outcome")
        ),
        sa.CheckConstraint(
            "state IN ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'SKIPPED')",
            name=op.f("ck_runs_state"),
        ),
        sa.ForeignKeyConstraint(
            ["job_name", "job_revision"],
            ["job_revisions.job_name", "job_revisions.revision"],
            name=op.f("fk_runs_job_name_job_revision"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "allocation_sha256"],
            ["allocations.tenant", "allocations.sha256"],
            name=op.f("fk_runs_tenant_allocation_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "job_name"], ["jobs.tenant", "jobs.name"], name=op.f("fk_runs_tenant_job_name")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_runs")),
        sa.UniqueConstraint("job_name", "slot_instant", name=op.f("uq_runs_job_name_slot_instant")),
        sa.UniqueConstraint("tenant", "job_name", "name", name=op.f("uq_runs_tenant_job_name_name")),
    )
    op.create_index(op.f("ix_runs_tenant_create_instant"), "runs", ["tenant", "create_instant"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("job_name", sa.Text(), nullable=False),
        sa.Column("run_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("trades_json", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("barred_approvers_json", sa.Text(), nullable=False),
        sa.Column("expire_instant", sa.BigInteger(), nullable=False),
        sa.Column("superseding_proposal", sa.Text(), nullable=True),
        sa.Column("create_instant", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('OPEN', 'APPROVED', 'REJECTED', 'EXPIRED', 'SUPERSEDED')",
            name=op.f("ck_proposals_state"),
        ),
        sa.CheckConstraint("length(content_sha256) = 64", name=op.f("ck_proposals_content_sha256")),
        sa.ForeignKeyConstraint(
            ["superseding_proposal"],
            ["proposals.name"],
            name=op.f("fk_proposals_superseding_proposal"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "job_name", "run_name"],
            ["runs.tenant", "runs.job_name", "runs.name"],
            name=op.f("fk_proposals_tenant_job_name_run_name"),
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_proposals")),
        sa.UniqueConstraint("run_name", name=op.f("uq_proposals_run_name")),
    )
    op.create_index(
        op.f("ix_proposals_tenant_create_instant"), "proposals", ["tenant", "create_instant"], unique=False
    )
    op.create_index(
        "uq_proposals_open",
        "proposals",
        ["job_name"],
        unique=True,
        sqlite_where=sa.text("state = 'OPEN'"),
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_table(
        "decisions",
        sa.Column("proposal_name", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("decide_instant", sa.BigInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("verdict IN ('APPROVED', 'REJECTED')", name=op.f("ck_decisions_verdict")),
        sa.ForeignKeyConstraint(
            ["proposal_name"], ["proposals.name"], name=op.f("fk_decisions_proposal_name")
        ),
        sa.PrimaryKeyConstraint("proposal_name", name=op.f("pk_decisions")),
    )
