"""Changes of state, by compare-and-set alone: one winner, and one audit row and message for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Table, select, update

from optimizer.store.audit import Act, AuditHead, append_audit
from optimizer.store.errors import NotFound, StateChanged
from optimizer.store.outbox import send
from optimizer.store.states import CHANGES, JobState, ProposalState, RunState, State
from optimizer.store.tables import jobs, proposals, runs

_TABLES: Mapping[type[State], tuple[Table, str]] = {
    JobState: (jobs, "job"),
    RunState: (runs, "run"),
    ProposalState: (proposals, "proposal"),
}
_NOTHING: Mapping[str, object] = MappingProxyType({})


def change_state(
    act: Act,
    name: str,
    expected: State,
    new: State,
    *,
    values: Mapping[str, object] = _NOTHING,
    details: Mapping[str, object] = _NOTHING,
) -> None:
    """Move a job, run or proposal of the actor's tenant from one state to another.

    Args:
        act: Who does it and when; the tenant must be the resource's.
        name: Resource name.
        expected: State that it must be in; its kind says which table.
        new: State that it gets.
        values: Further columns that change with the state.
        details: What the audit row says beside the two states.

    Raises:
        ValueError: The two states are not joined by a change of the contract.
        StateChanged: The resource is in another state, which the error names; nothing was written.
        NotFound: The tenant has no such resource.
    """
    if new not in CHANGES.get(expected, frozenset()):
        raise ValueError(f"no change leads from {expected} to {new}")
    table, kind = _TABLES[type(expected)]
    mine = (table.c.name == name) & (table.c.tenant == act.actor.tenant)
    changed = {**values, "state": new.value}
    if table is jobs:
        changed |= {"version": jobs.c.version + 1, "update_instant": act.instant}
    change = update(table).where(mine, table.c.state == expected.value).values(changed)
    if act.connection.execute(change).rowcount != 1:
        current = act.connection.execute(select(table.c.state).where(mine)).scalar_one_or_none()
        raise NotFound(name) if current is None else StateChanged(name, expected, current)
    record(act, f"{kind}.{new.lower()}", name, {**details, "from": expected, "to": new})


def record(
    act: Act,
    action: str,
    name: str,
    details: Mapping[str, object],
    *,
    message: Mapping[str, object] = _NOTHING,
) -> AuditHead:
    """One audit row and the message of the same effect, which may hold more; returns the row."""
    row = append_audit(act, action, name, details)
    send(act, action, name, {**details, **message}, audit_sequence=row.sequence)
    return row
