"""The ends of runs: what they came to, or what stopped them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from optimizer.store.audit import Act
from optimizer.store.changes import change_state
from optimizer.store.columns import text_sha256
from optimizer.store.errors import StateChanged
from optimizer.store.leases import require_lease
from optimizer.store.run_rows import get_run
from optimizer.store.states import UNFINISHED_RUNS, RunOutcome, RunState

_NOTHING: Mapping[str, object] = MappingProxyType({})


def finish_run(
    act: Act,
    name: str,
    outcome: RunOutcome,
    allocation_sha256: str | None,
    *,
    refusals_json: str = "[]",
    holder: str | None = None,
) -> None:
    """RUNNING to SUCCEEDED with what it came to.

    Raises as `change_state`, and LeaseLost where `holder` no longer holds the run.
    """
    require_lease(act, name, holder)
    change_state(
        act,
        name,
        RunState.RUNNING,
        RunState.SUCCEEDED,
        values={
            "outcome": outcome.value,
            "allocation_sha256": allocation_sha256,
            "refusals_json": refusals_json,
            **_ended(act),
        },
        details={
            "outcome": outcome,
            "allocation_sha256": allocation_sha256,
            "refusals_sha256": text_sha256(refusals_json),
        },
    )


def fail_run(
    act: Act,
    name: str,
    failure_json: str,
    *,
    holder: str | None = None,
) -> None:
    """PENDING or RUNNING to FAILED, with why. Raises NotFound, StateChanged and LeaseLost as `finish_run`."""
    require_lease(act, name, holder)
    details = {"failure_sha256": text_sha256(failure_json)}
    _stop(act, name, RunState.FAILED, {"failure_json": failure_json}, details)


def cancel_run(act: Act, name: str) -> None:
    """PENDING or RUNNING to CANCELLED, whoever holds it. Raises NotFound and StateChanged."""
    _stop(act, name, RunState.CANCELLED, _NOTHING, _NOTHING)


def _stop(
    act: Act,
    name: str,
    new: RunState,
    values: Mapping[str, object],
    details: Mapping[str, object],
) -> None:
    state = get_run(act.connection, act.actor.tenant, name).state
    if state not in UNFINISHED_RUNS:
        raise StateChanged(name, " or ".join(UNFINISHED_RUNS), state)
    change_state(act, name, state, new, values={**values, **_ended(act)}, details=details)


def _ended(act: Act) -> Mapping[str, object]:
    return {"end_instant": act.instant, "lease_holder": None, "lease_expire_instant": None}
