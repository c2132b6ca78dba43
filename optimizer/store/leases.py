"""Who works on a run: one at a time, for as long as its lease is renewed.

A lease that ran out goes to the next who asks. Whoever held it may still be at work, held up or with a clock
that goes late: so what a worker writes about a run names it as `holder`, and only the last one is heard.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from optimizer.store.audit import Act, act_in_tenant
from optimizer.store.changes import change_state, record
from optimizer.store.errors import LeaseLost, NotFound, StateChanged
from optimizer.store.run_rows import RunRow, get_run, oldest_to_claim
from optimizer.store.states import RunState
from optimizer.store.tables import runs


def claim_run(act: Act, holder: str, lease: datetime.timedelta) -> RunRow | None:
    """Take the oldest run, of any tenant, that nobody works on; None where there is none.

    PENDING becomes RUNNING; one that is RUNNING with a lease that ran out goes on as the same run. The act is
    the server's, recorded in the run's tenant.
    """
    found = oldest_to_claim(act.connection, act.instant)
    if found is None:
        return None
    mine = act_in_tenant(act, found.tenant)
    values: dict[str, object] = {"lease_holder": holder, "lease_expire_instant": act.instant + lease}
    if found.state is RunState.PENDING:
        values["start_instant"] = act.instant
        change_state(
            mine,
            found.name,
            RunState.PENDING,
            RunState.RUNNING,
            values=values,
            details={"holder": holder},
        )
    else:
        _resume(mine, found, values)
    return get_run(act.connection, found.tenant, found.name)


def renew_lease(
    connection: Connection,
    name: str,
    holder: str,
    until: datetime.datetime,
) -> bool:
    """Keep a run for longer; false when it is no longer the holder's, or no longer RUNNING: then stop."""
    mine = (runs.c.name == name) & (runs.c.lease_holder == holder)
    change = update(runs).where(mine, runs.c.state == RunState.RUNNING.value)
    return connection.execute(change.values(lease_expire_instant=until)).rowcount == 1


def give_back(connection: Connection, name: str, holder: str) -> None:
    """Let go of a RUNNING run that is the holder's: whoever claims it next goes on with it at once."""
    mine = (runs.c.name == name) & (runs.c.lease_holder == holder)
    change = update(runs).where(mine, runs.c.state == RunState.RUNNING.value)
    connection.execute(change.values(lease_holder=None, lease_expire_instant=None))


def begin_with_marks(
    act: Act,
    name: str,
    marks_name: str,
    *,
    holder: str | None = None,
) -> None:
    """Note on a RUNNING run the marks that it uses; empty for none.

    Raises NotFound, StateChanged, and LeaseLost where `holder` no longer holds the run.
    """
    require_lease(act, name, holder)
    mine = (runs.c.name == name) & (runs.c.tenant == act.actor.tenant)
    change = update(runs).where(mine, runs.c.state == RunState.RUNNING.value)
    if act.connection.execute(change.values(marks_name=marks_name or None)).rowcount != 1:
        raise StateChanged(name, RunState.RUNNING, get_run(act.connection, act.actor.tenant, name).state)
    record(act, "run.begin", name, {"marks": marks_name})


def require_lease(act: Act, name: str, holder: str | None) -> None:
    """Raises LeaseLost where a RUNNING run is held by another than `holder`, which None leaves unasked."""
    if holder is None:
        return
    mine = (runs.c.name == name) & (runs.c.tenant == act.actor.tenant)
    row = act.connection.execute(select(runs.c.state, runs.c.lease_holder).where(mine)).one_or_none()
    if row is None:
        raise NotFound(name)
    if row.state == RunState.RUNNING and row.lease_holder != holder:
        raise LeaseLost(name, holder)


def _resume(act: Act, found: RunRow, values: Mapping[str, object]) -> None:
    """RUNNING goes on as RUNNING, by compare-and-set on the lease that ran out."""
    same = (
        (runs.c.name == found.name)
        & (runs.c.state == RunState.RUNNING.value)
        & runs.c.lease_holder.is_not_distinct_from(found.lease_holder)
        & runs.c.lease_expire_instant.is_not_distinct_from(found.lease_expire_instant)
    )
    if act.connection.execute(update(runs).where(same).values(values)).rowcount != 1:
        raise StateChanged(found.name, "free", "claimed by another")
    details = {"holder": values["lease_holder"], "previous_holder": found.lease_holder}
    record(act, "run.resume", found.name, details)
