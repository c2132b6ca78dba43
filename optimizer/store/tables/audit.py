"""The audit log and the record of its last row."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, SmallInteger, Table, Text

from optimizer.store.columns import METADATA

# Plain integers and texts: what is hashed is what is stored, with no conversion in between.
audit_log = Table(
    "audit_log",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("instant_microseconds", BigInteger, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("authenticated", SmallInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource_name", Text, nullable=False),
    Column("details_json", Text, nullable=False),
    Column("previous_sha256", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    CheckConstraint("authenticated IN (0, 1)", name="authenticated"),
    Index(None, "tenant", "resource_name"),
)

audit_head = Table(
    "audit_head",
    METADATA,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
