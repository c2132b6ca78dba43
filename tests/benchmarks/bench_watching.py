"""What watching adds to RecordMarks by number of lines, and what a heartbeat over many idle jobs costs.

In process, on SQLite in a file; the job has a reference, cash flows, scenarios and a trigger of every kind.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from counterpoise.model import (
    ActiveRiskTrigger,
    CashFlow,
    CoverageTrigger,
    CreateRebalanceJobRequest,
    DriverShock,
    DriverValue,
    LineMark,
    Marks,
    MissingShockRule,
    RebalanceJob,
    RecordMarksRequest,
    Scenario,
    Trigger,
)
from optimizer.rebalance.marks import record_marks_of_job
from optimizer.rebalance.scheduling.scheduler import watch_all
from optimizer.rebalance.watching.watch import watch_marked
from tests.benchmarks.record import publish
from tests.benchmarks.timing import interleaved_medians
from tests.office import ADA, JOB, TENANT, new_id, open_office
from tests.rebalancing import CONTRACT, DAY, HOLDINGS, NAV, fund
from tests.watching import on_age, on_drift, on_overlay

ROUNDS = 9
IDLE_JOBS = 1_000
TRIGGERS = (
    on_drift(0.5),
    on_overlay(0.9),
    Trigger(trigger_id="money", coverage=CoverageTrigger(minimum_ratio=0.01)),
    Trigger(trigger_id="risk", active_risk=ActiveRiskTrigger(maximum_annual_volatility=0.9)),
    on_age(300.0),
)


def large_fund(line_count):
    """The fund with its equities in so many funds that it has this many lines."""
    problem = fund()
    equity, *others = problem.portfolio.lines
    count = line_count - len(others)
    equities = tuple(
        replace(equity, line_id=f"equity-{number}", current_fraction=equity.current_fraction / count)
        for number in range(count)
    )
    scenarios = tuple(
        Scenario(
            scenario_id=f"fall-{number}",
            driver_shocks=(DriverShock(driver_id="equity", shock=-0.05 * number),),
            missing_shock_rule=MissingShockRule.UNCHANGED,
        )
        for number in range(1, 5)
    )
    reference = (DriverValue(driver_id="equity", value=0.6), DriverValue(driver_id="bonds", value=0.4))
    return replace(
        problem,
        portfolio=replace(
            problem.portfolio,
            lines=(*equities, *others),
            cash_flows=(CashFlow(horizon_trading_days=5, outflow_amount=0.01 * NAV),),
        ),
        mandate=replace(problem.mandate, reference_exposures=reference),
        scenarios=scenarios,
    )


def marks_of(problem, price):
    values = [
        LineMark(line_id=line.line_id, market_value_amount=line.current_fraction * NAV)
        for line in problem.portfolio.lines
        if line.overlay is None
    ]
    contracts = round(HOLDINGS["bond_future"] * NAV / (CONTRACT.point_value_amount * CONTRACT.price))
    values.append(LineMark(line_id="bond_future", contract_count=contracts, price=price))
    return Marks(as_of_date=DAY, nav_amount=NAV, line_marks=tuple(values))


def create(office, problem, name, triggers=TRIGGERS):
    request = CreateRebalanceJobRequest(
        parent=TENANT,
        rebalance_job_id=name,
        rebalance_job=RebalanceJob(problem=problem, triggers=triggers),
        request_id=new_id(),
    )
    return office.call(request).rebalance_job.name


@pytest.mark.parametrize("line_count", [10, 200, 2_000])
def test_watching(tmp_path, line_count):
    office = open_office(tmp_path, None)
    problem = large_fund(line_count)
    create(office, problem, JOB.rsplit("/", 1)[1])

    def record(watch):
        def contestant(number):
            request = RecordMarksRequest(
                parent=JOB, marks=marks_of(problem, 100.0 + number), request_id=new_id()
            )
            record_marks_of_job(office.desk, request, ADA, watch)

        return contestant

    found = interleaved_medians(
        {"unwatched": record(lambda *_: None), "watched": record(watch_marked)}, rounds=ROUNDS
    )
    row = {"lines": line_count} | {f"{name} ms": round(value, 1) for name, value in found.items()}
    publish(f"watching {line_count} lines", [row])


@pytest.mark.parametrize("triggers", [(), TRIGGERS], ids=["without", "with"])
def test_idle_heartbeat(tmp_path, triggers):
    office = open_office(tmp_path, None)
    problem = large_fund(20)
    for number in range(IDLE_JOBS):
        create(office, problem, f"job-{number}", triggers)
    watch_all(office.desk)
    found = interleaved_medians({"heartbeat": lambda _: watch_all(office.desk)}, rounds=3, warm_up=1)
    row = {"jobs": IDLE_JOBS, "triggers": len(triggers), "heartbeat ms": round(found["heartbeat"])}
    publish(f"watching idle jobs with {len(triggers)} triggers", [row])
