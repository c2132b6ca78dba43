"""Slots that were decided, runs by triggers, what is watched between runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("state IN ('PENDING', 'RUNNING')")
LOOKED = sa.text("outcome IN ('PROPOSED', 'WITHIN_TOLERANCE')")

# Statements that both databases know. A skipped slot moves to a column of its own, to be run later.
CHANGES = (
    "ALTER TABLE jobs ADD COLUMN decided_slot_instant BIGINT DEFAULT 0 NOT NULL",
    "UPDATE jobs SET decided_slot_instant = update_instant",
    "ALTER TABLE jobs ADD COLUMN failure_count BIGINT DEFAULT 0 NOT NULL",
    "ALTER TABLE runs ADD COLUMN trigger_id TEXT",
    """ALTER TABLE runs ADD COLUMN skipped_slot_instant BIGINT
    CONSTRAINT ck_runs_skipped_slot CHECK (skipped_slot_instant IS NULL OR state = 'SKIPPED')
    """,
    "UPDATE runs SET skipped_slot_instant = slot_instant, slot_instant = NULL WHERE state = 'SKIPPED'",
)


def upgrade() -> None:
    """To this revision."""
    for statement in CHANGES:
        op.execute(statement)
    op.create_index("ix_runs_skipped_slot", "runs", ["job_name", "skipped_slot_instant"], unique=True)
    for name, columns, where in (
        ("ix_runs_unfinished_of_job", ["job_name", "create_instant"], UNFINISHED),
        ("ix_runs_looks", ["job_name", "job_revision", "end_instant"], LOOKED),
    ):
        op.create_index(name, "runs", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_marks_job_name_as_of_date", "marks", ["job_name", "as_of_date"])
    op.create_table(
        "watches",
        sa.Column("job_name", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("figures_json", sa.Text(), nullable=False),
        sa.Column("measure_instant", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_name"], ["jobs.name"], name=op.f("fk_watches_job_name")),
        sa.ForeignKeyConstraint(
            ["tenant", "job_name"], ["jobs.tenant", "jobs.name"], name=op.f("fk_watches_tenant")
        ),
        sa.PrimaryKeyConstraint("job_name", name=op.f("pk_watches")),
    )
    op.create_table(
        "triggers",
        sa.Column("job_name", sa.Text(), nullable=False),
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("trigger_json", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("judge_instant", sa.BigInteger(), nullable=False),
        sa.Column("fire_instant", sa.BigInteger(), nullable=True),
        sa.Column("run_name", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('ARMED', 'FIRED')", name=op.f("ck_triggers_state")),
        sa.ForeignKeyConstraint(["job_name"], ["jobs.name"], name=op.f("fk_triggers_job_name")),
        sa.ForeignKeyConstraint(["run_name"], ["runs.name"], name=op.f("fk_triggers_run_name")),
        sa.PrimaryKeyConstraint("job_name", "trigger_id", name=op.f("pk_triggers")),
    )
