"""Kill switches that are engaged."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from optimizer.store.columns import METADATA, Instant

kill_switches = Table(
    "kill_switches",
    METADATA,
    Column("scope", Text, primary_key=True),  # tenants/-, tenants/T or a job's name
    Column("principal", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("engage_instant", Instant, nullable=False),
)
