"""An office whose job has triggers, with marks that put its future anywhere, for tests."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

from counterpoise.model import (
    AllocationProblem,
    DriftTrigger,
    GetRebalanceJobRequest,
    LeverageDefinition,
    LeverageTrigger,
    LineMark,
    ListRebalanceRunsRequest,
    Marks,
    RebalanceJob,
    RebalanceRun,
    RunPolicy,
    RunRebalanceJobRequest,
    StaleMarksTrigger,
    TradePolicy,
    Trigger,
    TriggerStatus,
    UpdateRebalanceJobRequest,
)
from optimizer.rebalance.watching.watch import watch_job
from optimizer.store import audit_rows, reading, sent_after
from tests.office import JOB, TENANT, Office, new_id
from tests.rebalancing import DAY, NAV, fund

MINUTE = datetime.timedelta(minutes=1)
DAYS = datetime.timedelta(days=1)
SETTLED = {"equity_fund": 0.5318, "bond_fund": 0.25, "bond_future": 0.2682, "alpha": 0.15, "cash": 0.0682}
"""Where the fund wants to be, in whole contracts: 1,192 of 112,500."""
CONTRACTS = 1_192
TOLERANT = TradePolicy(tolerance_fraction=0.001)


def settled_fund() -> AllocationProblem:
    """The fund where it wants to be."""
    return fund(current=SETTLED)


def on_overlay(maximum: float = 0.28, rearm: float | None = None, **fields: object) -> Trigger:
    """Watches the overlay, 0.2682 of NAV at 112.5; fires above 0.28 and is armed again at 0.2772."""
    overlay = LeverageDefinition.OVERLAY
    watched = LeverageTrigger(definition=overlay, maximum_ratio=maximum, rearm_ratio=rearm)
    return replace(Trigger(trigger_id="overlay", leverage=watched), **fields)


def on_drift(maximum: float = 0.01, rearm: float | None = None, **fields: object) -> Trigger:
    """Fires when a line is one per cent of NAV from its target."""
    watched = DriftTrigger(maximum_fraction=maximum, rearm_fraction=rearm)
    return replace(Trigger(trigger_id="drift", drift=watched), **fields)


def on_age(days: float = 2.0, **fields: object) -> Trigger:
    """Fires on old marks."""
    watched = StaleMarksTrigger(maximum_age=days * DAYS)
    return replace(Trigger(trigger_id="age", stale_marks=watched), **fields)


def at_overlay(ratio: float, day: datetime.date = DAY) -> Marks:
    """Marks of all lines, with the future at a price that makes it this part of NAV."""
    return at_price(ratio * NAV / (CONTRACTS * 1_000.0), day)


def at_price(price: float, day: datetime.date = DAY, contracts: int = CONTRACTS) -> Marks:
    """Marks of all lines, with the future at a price."""
    funded = {name: part for name, part in SETTLED.items() if name != "bond_future"}
    values = [LineMark(line_id=name, market_value_amount=part * NAV) for name, part in funded.items()]
    values.append(LineMark(line_id="bond_future", contract_count=contracts, price=price))
    return Marks(as_of_date=day, nav_amount=NAV, line_marks=tuple(values))


def watched_job(office: Office, *triggers: Trigger, run_policy: RunPolicy | None = None) -> RebalanceJob:
    """A job on the settled fund, which a run finds within tolerance."""
    return office.create_job(settled_fund(), triggers=triggers, trade_policy=TOLERANT, run_policy=run_policy)


def job_of(office: Office) -> RebalanceJob:
    """The job as it is."""
    return office.call(GetRebalanceJobRequest(name=JOB)).rebalance_job


def status(office: Office, trigger_id: str = "overlay") -> TriggerStatus:
    """Where a trigger of the job stands."""
    return next(item for item in job_of(office).trigger_statuses if item.trigger_id == trigger_id)


def runs_of(office: Office) -> tuple[RebalanceRun, ...]:
    """The job's runs, newest first."""
    return office.call(ListRebalanceRunsRequest(parent=JOB)).rebalance_runs


def ask(office: Office) -> RebalanceRun:
    """A run by hand, which waits."""
    return office.call(RunRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_run


def work(office: Office) -> None:
    """Whatever waits is run."""
    while office.runner.turn(office.desk):
        pass


def beat(office: Office) -> tuple[str, ...]:
    """What a heartbeat does with the job, a minute later."""
    office.now += MINUTE
    return watch_job(office.desk, TENANT.removeprefix("tenants/"), JOB)


def update(office: Office, **fields: object) -> RebalanceJob:
    """A new revision."""
    job = replace(job_of(office), **fields)
    request = UpdateRebalanceJobRequest(rebalance_job=job, update_mask=tuple(fields), request_id=new_id())
    return office.call(request).rebalance_job


def firings(office: Office) -> list[str]:
    """Triggers that fired, as the audit log and the outbox agree, oldest first."""
    with reading(office.engine) as connection:
        tenant = TENANT.removeprefix("tenants/")
        audited = audit_rows(connection, tenant=tenant, prefix=JOB, limit=1_000)
        messages = sent_after(connection, tenant, 0, 1_000)
    on_record = [json.loads(row.details_json) for row in audited if row.action == "trigger.fire"]
    sent = [json.loads(item.payload_json) for item in messages if item.event == "trigger.fire"]
    by_id = sorted(item["trigger_id"] for item in on_record)
    assert by_id == sorted(item["trigger_id"] for item in sent)
    return by_id
