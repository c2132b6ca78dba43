"""Where the triggers of a job stand, as the contract has it."""

from __future__ import annotations

from counterpoise.model import TriggerState, TriggerStatus
from optimizer.rebalance import texts
from optimizer.store import Connection, JobRow, TriggerRow, triggers_of


def statuses_of(connection: Connection, job: JobRow) -> tuple[TriggerStatus, ...]:
    """Where the triggers of a job stand, in their order."""
    rows = triggers_of(connection, job.name)
    return tuple(
        _status(trigger.trigger_id, rows.get(trigger.trigger_id))
        for trigger in texts.read_triggers(job.policies_json)
    )


def _status(trigger_id: str, row: TriggerRow | None) -> TriggerStatus:
    if row is None:
        return TriggerStatus(trigger_id=trigger_id, state=TriggerState.ARMED)
    return TriggerStatus(
        trigger_id=trigger_id,
        state=TriggerState[row.state.name],
        value=row.value,
        judge_time=row.judge_instant,
        fire_time=row.fire_instant,
        run=row.run_name or "",
    )
