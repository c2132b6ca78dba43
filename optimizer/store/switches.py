"""Kill switches: for everybody (`tenants/-`), for a tenant (`tenants/T`) or for a job (its name)."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from optimizer.store.audit import Act
from optimizer.store.changes import record
from optimizer.store.errors import NotFound
from optimizer.store.names import at_or_below
from optimizer.store.tables import kill_switches as switches

EVERYBODY = "tenants/-"


@dataclass(frozen=True, kw_only=True)
class SwitchRow:
    """A switch that is engaged: what it stops, who engaged it, why and when."""

    scope: str
    principal: str
    comment: str
    engage_instant: datetime.datetime


def engage_switch(act: Act, scope: str, comment: str) -> SwitchRow:
    """Engage a switch and return it; one that is engaged stays as it is, and the audit log has both.

    Who may, for everybody above all, and whether there is such a job is the caller's to check. Raises
    NotFound for a scope of another tenant.
    """
    _require_own(act, scope)
    found = engaged_switches(act.connection, {scope})
    if not found:
        act.connection.execute(
            insert(switches).values(
                scope=scope,
                principal=act.actor.principal,
                comment=comment,
                engage_instant=act.instant,
            )
        )
    record(act, "switch.engage", scope, {"comment": comment, "was_engaged": bool(found)})
    return engaged_switches(act.connection, {scope})[0]


def release_switch(act: Act, scope: str, comment: str) -> None:
    """Release a switch. Raises NotFound where it is not engaged, or of another tenant."""
    _require_own(act, scope)
    if act.connection.execute(delete(switches).where(switches.c.scope == scope)).rowcount != 1:
        raise NotFound(scope)
    record(act, "switch.release", scope, {"comment": comment})


def engaged_switches(connection: Connection, scopes: Collection[str]) -> list[SwitchRow]:
    """Those of the scopes that are engaged, by scope."""
    query = select(switches).where(switches.c.scope.in_(scopes)).order_by(switches.c.scope)
    return [SwitchRow(**row._asdict()) for row in connection.execute(query)]


def switches_of(connection: Connection, tenant: str) -> list[SwitchRow]:
    """Those that are engaged for a tenant, for one of its jobs or for everybody, by scope."""
    its = (switches.c.scope == EVERYBODY) | at_or_below(switches.c.scope, f"tenants/{tenant}")
    query = select(switches).where(its).order_by(switches.c.scope)
    return [SwitchRow(**row._asdict()) for row in connection.execute(query)]


def _require_own(act: Act, scope: str) -> None:
    own = f"tenants/{act.actor.tenant}"
    if scope not in {EVERYBODY, own} and not scope.startswith(f"{own}/"):
        raise NotFound(scope)
