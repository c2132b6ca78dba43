"""A job with a schedule and a trigger of every kind, its skipped run, and the file that says so."""

from __future__ import annotations

import datetime
from dataclasses import replace

from counterpoise.model import (
    ActiveRiskTrigger,
    CoverageTrigger,
    DriftTrigger,
    LeverageDefinition,
    LeverageTrigger,
    MonthlyCadence,
    OverlapPolicy,
    RebalanceJob,
    RebalanceRun,
    RebalanceRunState,
    RunPolicy,
    Schedule,
    StaleMarksTrigger,
    TradePolicy,
    Trigger,
    TriggerState,
    TriggerStatus,
)
from tests import sample_rebalance as sample

SLOT = datetime.datetime(2025, 11, 28, 21, 30, tzinfo=datetime.UTC)
LATER = datetime.datetime(2025, 12, 31, 21, 30, tzinfo=datetime.UTC)

YAML = """
schedule:
  time_zone: America/New_York
  exchange_code: XNYS
  time_of_day: 16:30
  monthly: {business_day: -1, months: [3, 12]}
triggers:
  - {trigger_id: drift, cool_down: 1d12h, drift: {maximum_fraction: 0.03}}
  - {trigger_id: gross, leverage: {definition: GROSS_NOTIONAL, maximum_ratio: 1.3, rearm_ratio: 1.25}}
  - {trigger_id: money, coverage: {minimum_ratio: 2}}
  - {trigger_id: active, active_risk: {maximum_annual_volatility: 0.04}}
  - {trigger_id: old, stale_marks: {maximum_age: 3d}}
run_policy: {overlap_policy: CANCEL_RUNNING, catch_up_window: 48h, pause_failure_count: 5}
trade_policy: {band_fraction: 0.01}
"""
SCHEDULE = Schedule(
    time_zone="America/New_York",
    exchange_code="XNYS",
    time_of_day=datetime.time(16, 30),
    monthly=MonthlyCadence(business_day=-1, months=(3, 12)),
)
GROSS = LeverageTrigger(definition=LeverageDefinition.GROSS_NOTIONAL, maximum_ratio=1.3, rearm_ratio=1.25)
TRIGGERS = (
    Trigger(
        trigger_id="drift",
        cool_down=datetime.timedelta(hours=36),
        drift=DriftTrigger(maximum_fraction=0.03),
    ),
    Trigger(trigger_id="gross", leverage=GROSS),
    Trigger(trigger_id="money", coverage=CoverageTrigger(minimum_ratio=2.0)),
    Trigger(trigger_id="active", active_risk=ActiveRiskTrigger(maximum_annual_volatility=0.04)),
    Trigger(trigger_id="old", stale_marks=StaleMarksTrigger(maximum_age=datetime.timedelta(days=3))),
)
RUN_POLICY = RunPolicy(
    overlap_policy=OverlapPolicy.CANCEL_RUNNING,
    catch_up_window=datetime.timedelta(days=2),
    pause_failure_count=5,
)
TRADE_POLICY = TradePolicy(band_fraction=0.01)
"""What the file says."""


def job() -> RebalanceJob:
    """The sample job with all of it, one trigger fired, as it is read."""
    statuses = (
        TriggerStatus(
            trigger_id="drift",
            state=TriggerState.FIRED,
            value=0.0412,
            judge_time=sample.MADE,
            fire_time=sample.MADE,
            run=sample.RUN,
        ),
        _armed("gross", 1.2),
        _armed("money", 1000.0),
        _armed("active", None),
        TriggerStatus(trigger_id="old", state=TriggerState.ARMED),
    )
    return replace(
        sample.job(),
        schedule=SCHEDULE,
        triggers=TRIGGERS,
        trigger_statuses=statuses,
        next_slot_times=(SLOT, LATER),
        run_policy=RUN_POLICY,
    )


def skipped() -> RebalanceRun:
    """The record of a slot without a run."""
    return RebalanceRun(
        name=f"{sample.JOB}/runs/r-6",
        state=RebalanceRunState.SKIPPED,
        initiator="counterpoise-server",
        job_revision=2,
        create_time=SLOT + datetime.timedelta(hours=1),
        end_time=SLOT + datetime.timedelta(hours=1),
        slot_time=SLOT,
    )


def _armed(trigger_id: str, value: float | None) -> TriggerStatus:
    return TriggerStatus(trigger_id=trigger_id, state=TriggerState.ARMED, value=value, judge_time=sample.MADE)
