"""Rows of the audit log, for those who read it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from sqlalchemy import Connection, select

from optimizer.store.columns import from_microseconds
from optimizer.store.names import at_or_below
from optimizer.store.tables import audit_log


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """Who did what, when and to what; `details_json` is canonical JSON of an object."""

    sequence: int
    instant: datetime.datetime
    tenant: str
    principal: str
    authenticated: bool
    action: str
    resource_name: str
    details_json: str
    previous_sha256: str
    sha256: str


def audit_rows(
    connection: Connection,
    *,
    tenant: str | None,
    prefix: str = "",
    after: int = 0,
    limit: int,
) -> list[AuditRow]:
    """Rows in the order of the log, unverified.

    Args:
        connection: A transaction of `reading`.
        tenant: Whose rows; None for everybody's.
        prefix: Resource name: rows about it and about what is below it.
        after: Sequence of the last row that was read.
        limit: Most rows to return.
    """
    query = select(audit_log).where(
        audit_log.c.sequence > after, at_or_below(audit_log.c.resource_name, prefix)
    )
    if tenant is not None:
        query = query.where(audit_log.c.tenant == tenant)
    return [
        AuditRow(
            sequence=row.sequence,
            instant=from_microseconds(row.instant_microseconds),
            tenant=row.tenant,
            principal=row.principal,
            authenticated=bool(row.authenticated),
            action=row.action,
            resource_name=row.resource_name,
            details_json=row.details_json,
            previous_sha256=row.previous_sha256,
            sha256=row.sha256,
        )
        for row in connection.execute(query.order_by(audit_log.c.sequence).limit(limit))
    ]
