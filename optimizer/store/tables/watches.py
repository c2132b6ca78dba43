"""What is watched between runs: figures of jobs, and where their triggers stand."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Double, ForeignKey, ForeignKeyConstraint, Table, Text

from optimizer.store.columns import METADATA, Instant
from optimizer.store.states import TriggerState, texts

watches = Table(
    "watches",
    METADATA,
    Column("job_name", Text, ForeignKey("jobs.name"), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("basis", Text, nullable=False),  # what the figures were measured on
    Column("figures_json", Text, nullable=False),
    Column("measure_instant", Instant, nullable=False),
    ForeignKeyConstraint(["tenant", "job_name"], ["jobs.tenant", "jobs.name"]),
)

triggers = Table(
    "triggers",
    METADATA,
    Column("job_name", Text, ForeignKey("jobs.name"), primary_key=True),
    Column("trigger_id", Text, primary_key=True),
    Column("trigger_json", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("value", Double),  # null where it could not be measured
    Column("judge_instant", Instant, nullable=False),
    Column("fire_instant", Instant),
    Column("run_name", Text, ForeignKey("runs.name")),
    CheckConstraint(f"state IN ({texts(TriggerState)})", name="state"),
)
