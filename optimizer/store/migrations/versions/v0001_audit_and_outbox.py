"""The audit log, request ids and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GENESIS_SHA256 = "0" * 64
KEPT_ON_SQLITE = """
CREATE TRIGGER audit_log_kept_from_{change} BEFORE {change} ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
"""
KEPT_ON_POSTGRESQL = """
CREATE FUNCTION audit_log_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$;
CREATE TRIGGER audit_log_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_kept()
"""


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_log",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instant_microseconds", sa.BigInteger(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("authenticated", sa.SmallInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("resource_name", sa.Text(), nullable=False),
        sa.Column("details_json", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("authenticated IN (0, 1)", name=op.f("ck_audit_log_authenticated")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_log")),
    )
    op.create_index(
        op.f("ix_audit_log_tenant_resource_name"), "audit_log", ["tenant", "resource_name"], unique=False
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("result_name", sa.Text(), nullable=False),
        sa.Column("expire_instant", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(content_sha256) = 64", name=op.f("ck_idempotency_keys_content_sha256")),
        sa.PrimaryKeyConstraint("tenant", "method", "request_id", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_expire_instant"), "idempotency_keys", ["expire_instant"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("resource_name", sa.Text(), nullable=False),
        sa.Column("payload_json", sa.Text(), nullable=False),
        sa.Column("create_instant", sa.BigInteger(), nullable=False),
        sa.Column("delivered_instant", sa.BigInteger(), nullable=True),
        sa.Column("audit_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_undelivered",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("delivered_instant IS NULL"),
        postgresql_where=sa.text("delivered_instant IS NULL"),
    )
    head = sa.table("audit_head", sa.column("id"), sa.column("sequence"), sa.column("sha256"))
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "sha256": GENESIS_SHA256}])
    # Against mistakes; the chain of hashes is against those who may take triggers away.
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(KEPT_ON_SQLITE.format(change=change))
    else:
        op.execute(KEPT_ON_POSTGRESQL)
