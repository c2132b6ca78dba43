"""When a trigger fires and when it is armed again. Pure: figures and instants in, states out."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from counterpoise.model import (
    ACTIVE_RISK_REARM,
    COVERAGE_REARM,
    DRIFT_REARM,
    LEVERAGE_REARM,
    ErrorReason,
    RebalanceJob,
    Trigger,
    Violation,
)
from optimizer.rebalance import policies
from optimizer.rebalance.watching.figures import Figures
from optimizer.reports.coverage import coverage_horizons
from optimizer.store import TriggerRow, TriggerState
from optimizer.telemetry.schedule_metrics import TriggerKind

_DAY = datetime.timedelta(days=1)
KEPT_JUDGEMENT = datetime.timedelta(minutes=10)
"""How long it is not written again that a trigger was judged and stands as before."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Where a figure fires and where it is armed again; of coverage the least, of all others the most."""

    fire: float
    rearm: float
    is_least: bool = False

    def beyond(self, value: float) -> bool:
        """Whether a figure fires."""
        return value < self.fire if self.is_least else value > self.fire

    def back(self, value: float) -> bool:
        """Whether a figure is so good that the trigger is armed again."""
        return value >= self.rearm if self.is_least else value <= self.rearm


def kind_of(trigger: Trigger) -> TriggerKind:
    """The member of `watched` that is set."""
    return next(name for name in get_args(TriggerKind) if getattr(trigger, name) is not None)


def starts_runs(trigger: Trigger) -> bool:
    """Whether firing starts a run: no run takes stale marks."""
    return trigger.stale_marks is None


def threshold_of(trigger: Trigger) -> Threshold:
    """The thresholds of a trigger, in the unit of its figure; of the age of marks in days."""
    if trigger.drift is not None:
        most = trigger.drift.maximum_fraction
        return Threshold(fire=most, rearm=_given(trigger.drift.rearm_fraction, DRIFT_REARM * most))
    if trigger.leverage is not None:
        most = trigger.leverage.maximum_ratio
        return Threshold(fire=most, rearm=_given(trigger.leverage.rearm_ratio, LEVERAGE_REARM * most))
    if trigger.coverage is not None:
        least = trigger.coverage.minimum_ratio
        rearm = _given(trigger.coverage.rearm_ratio, COVERAGE_REARM * least)
        return Threshold(fire=least, rearm=rearm, is_least=True)
    if trigger.active_risk is not None:
        most = trigger.active_risk.maximum_annual_volatility
        rearm = _given(trigger.active_risk.rearm_annual_volatility, ACTIVE_RISK_REARM * most)
        return Threshold(fire=most, rearm=rearm)
    if trigger.stale_marks is None:
        raise ValueError(f"trigger {trigger.trigger_id} watches nothing")
    # Marks that are younger are other marks: an age makes no noise.
    oldest = trigger.stale_marks.maximum_age / _DAY
    return Threshold(fire=oldest, rearm=oldest)


def value_of(trigger: Trigger, figures: Figures, now: datetime.datetime) -> float | None:
    """The figure that a trigger looks at, in the unit of its threshold."""
    if trigger.drift is not None:
        return figures.drift_fraction
    if trigger.leverage is not None:
        return figures.leverage_ratios.get(trigger.leverage.definition)
    if trigger.coverage is not None:
        return figures.coverage_ratio
    if trigger.active_risk is not None:
        return figures.active_annual_volatility
    return policies.mark_age(figures.as_of_date, now) / _DAY


def state_after(trigger: Trigger, state: TriggerState, value: float | None) -> TriggerState:
    """FIRED becomes ARMED once the figure was back; what cannot be measured changes nothing."""
    if state is TriggerState.FIRED and value is not None and threshold_of(trigger).back(value):
        return TriggerState.ARMED
    return state


def fires(
    trigger: Trigger,
    state: TriggerState,
    value: float | None,
    now: datetime.datetime,
    fired_before: datetime.datetime | None,
) -> bool:
    """Whether an armed trigger fires: its figure is beyond the threshold, and the cool-down is over."""
    if state is not TriggerState.ARMED or value is None or not threshold_of(trigger).beyond(value):
        return False
    return fired_before is None or now - fired_before >= policies.cool_down(trigger)


def stand_as_before(
    wanted: Sequence[Trigger], rows: Sequence[TriggerRow], before: Mapping[str, TriggerRow]
) -> bool:
    """Whether triggers, in their order, stand as they did, and have not long been judged.

    An age grows by itself, as time goes by, and is no news.
    """
    if {row.trigger_id for row in rows} != set(before):
        return False
    return all(
        replace(
            row,
            judge_instant=before[row.trigger_id].judge_instant,
            value=row.value if trigger.stale_marks is None else before[row.trigger_id].value,
        )
        == before[row.trigger_id]
        and row.judge_instant - before[row.trigger_id].judge_instant < KEPT_JUDGEMENT
        for trigger, row in zip(wanted, rows, strict=True)
    )


def trigger_violations(job: RebalanceJob, field: str = "rebalance_job.triggers") -> tuple[Violation, ...]:
    """Triggers that look at what the job's problem does not have."""
    problem, missing = job.problem, {}
    if not problem.mandate.reference_exposures:
        missing["active_risk"] = "the mandate has no reference exposures and no active risk; add them"
    if not coverage_horizons(problem):
        missing["coverage"] = (
            "the problem has no scenarios, cash flows or coverage limits, and nothing to cover; add one"
        )
    return tuple(
        Violation(field=f"{field}[{index}].{name}", reason=ErrorReason.FIELD_MISSING, message=message)
        for index, trigger in enumerate(job.triggers)
        for name, message in missing.items()
        if getattr(trigger, name) is not None
    )


def _given(value: float | None, default: float) -> float:
    return default if value is None else value
