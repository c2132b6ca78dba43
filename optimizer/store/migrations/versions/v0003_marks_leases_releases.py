"""Marks and kill switches, leases of runs, releases of proposals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Statements that both databases know. SQLite adds a check with a column only, so one over several columns
# comes with the last of them.
CHANGES_OF_RUNS = (
    "ALTER TABLE runs RENAME COLUMN error_json TO failure_json",
    "ALTER TABLE runs ADD COLUMN refusals_json TEXT DEFAULT '[]' NOT NULL",
    "ALTER TABLE runs ADD COLUMN marks_name TEXT CONSTRAINT fk_runs_marks_name REFERENCES marks (name)",
    "ALTER TABLE runs ADD COLUMN lease_holder TEXT",
    """ALTER TABLE runs ADD COLUMN lease_expire_instant BIGINT
    CONSTRAINT ck_runs_lease CHECK ((lease_holder IS NULL) = (lease_expire_instant IS NULL))
    """,
)
CHANGES_OF_PROPOSALS = (
    "ALTER TABLE proposals RENAME COLUMN trades_json TO plan_json",
    "ALTER TABLE proposals ADD COLUMN measures_json TEXT DEFAULT '{}' NOT NULL",
    """ALTER TABLE proposals ADD COLUMN release_state TEXT
    CONSTRAINT ck_proposals_release_state
    CHECK (release_state IN ('DRY_RUN', 'WAITING', 'RELEASED', 'WITHHELD'))
    """,
    "ALTER TABLE proposals ADD COLUMN release_instant BIGINT",
    # What was approved before there were releases left nothing.
    """UPDATE proposals SET release_state = 'DRY_RUN', release_instant = coalesce(
    (SELECT decide_instant FROM decisions WHERE proposal_name = proposals.name), create_instant)
    WHERE state = 'APPROVED'
    """,
    """ALTER TABLE proposals ADD COLUMN release_detail TEXT DEFAULT '' NOT NULL
    CONSTRAINT ck_proposals_release_of_approval
    CHECK ((release_state IS NULL) = (state <> 'APPROVED')
    AND (release_instant IS NULL) = (release_state IS NULL))
    """,
    # Whether earlier deciders had proven who they are was not kept.
    """ALTER TABLE decisions ADD COLUMN authenticated SMALLINT DEFAULT 0 NOT NULL
    CONSTRAINT ck_decisions_authenticated CHECK (authenticated IN (0, 1))
    """,
)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("job_name", sa.Text(), nullable=False),
        sa.Column("as_of_date", sa.Text(), nullable=False),
        sa.Column("content_json", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("recorder", sa.Text(), nullable=False),
        sa.Column("record_instant", sa.BigInteger(), nullable=False),
        sa.Column("audit_sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(content_sha256) = 64", name=op.f("ck_marks_content_sha256")),
        sa.ForeignKeyConstraint(
            ["tenant", "job_name"], ["jobs.tenant", "jobs.name"], name=op.f("fk_marks_tenant_job_name")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_index(
        op.f("ix_marks_job_name_audit_sequence"), "marks", ["job_name", "audit_sequence"], unique=True
    )
    op.create_table(
        "kill_switches",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("engage_instant", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_kill_switches")),
    )
    for statement in (*CHANGES_OF_RUNS, *CHANGES_OF_PROPOSALS):
        op.execute(statement)
    op.create_index(op.f("ix_runs_job_name_create_instant"), "runs", ["job_name", "create_instant"])
    op.create_index(op.f("ix_proposals_job_name_create_instant"), "proposals", ["job_name", "create_instant"])
    op.create_index(op.f("ix_outbox_tenant_id"), "outbox", ["tenant", "id"])
    _create_partial_index("ix_runs_unfinished", "runs", "create_instant", "state IN ('PENDING', 'RUNNING')")
    _create_partial_index("ix_proposals_due", "proposals", "expire_instant", "state = 'OPEN'")
    _create_partial_index("ix_proposals_waiting", "proposals", "release_instant", "release_state = 'WAITING'")


def _create_partial_index(
    name: str,
    table: str,
    column: str,
    condition: str,
) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)
