"""Jobs under schedules and who decides their slots, for tests."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

from sqlalchemy import event

from counterpoise.model import (
    AllocationProblem,
    CreateRebalanceJobRequest,
    DailyCadence,
    RebalanceJob,
    RollAnchor,
    RollTerms,
    RunPolicy,
    Schedule,
)
from optimizer.rebalance.desk import Desk
from optimizer.rebalance.due import Decided, NextSlots, decide_due
from optimizer.rebalance.names import SERVER
from optimizer.store import (
    Act,
    Engine,
    RunOutcome,
    RunRow,
    act_in_tenant,
    claim_run,
    finish_run,
    list_runs,
    reading,
    writing,
)
from tests.office import ADA, TENANT, Office, Person, new_id, open_office
from tests.rebalancing import fund

UTC = datetime.UTC
TICK = datetime.datetime.resolution
MINUTE, HOUR, DAY = (datetime.timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))
LEASE = datetime.timedelta(seconds=20)
EVERYTHING = 1_000_000
DAILY = Schedule(
    time_zone="America/New_York",
    exchange_code="XNYS",
    time_of_day=datetime.time(9, 30),
    daily=DailyCadence(),
)
"""In the first week of March 2025 at 14:30 UTC."""
ROLL = RollTerms(contract_year=2025, contract_month=3, anchor=RollAnchor.FIRST_OF_MONTH, weekdays_before=2)
"""Two weekdays before the first of March, June, September and December."""


def old_fund() -> AllocationProblem:
    """The fund of the tests as it was before the year."""
    problem = fund()
    portfolio = replace(problem.portfolio, as_of_date=datetime.date(2024, 12, 31))
    return replace(problem, portfolio=portfolio)


def rolling_fund() -> AllocationProblem:
    """The same with a future that rolls."""
    problem = old_fund()
    lines = tuple(
        line
        if line.overlay is None
        else replace(line, overlay=replace(line.overlay, contract=replace(line.overlay.contract, roll=ROLL)))
        for line in problem.portfolio.lines
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


def hasty_office(path: Path) -> Office:
    """An office that does not wait for its disk, and solves nothing."""
    office = open_office(path, None)
    office.engine.dispose()
    event.listen(
        office.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF")
    )
    return office


def schedule_job(
    office: Office,
    job_id: str = "monthly",
    schedule: Schedule = DAILY,
    run_policy: RunPolicy | None = None,
    *,
    person: Person = ADA,
    problem: AllocationProblem | None = None,
) -> RebalanceJob:
    """A new job under a schedule."""
    job = RebalanceJob(problem=problem or old_fund(), schedule=schedule, run_policy=run_policy)
    request = CreateRebalanceJobRequest(
        parent=TENANT, rebalance_job_id=job_id, rebalance_job=job, request_id=new_id()
    )
    return office.call(request, person).rebalance_job


def decide_at(office: Office, now: datetime.datetime, known: NextSlots | None = None) -> list[Decided]:
    """What a scheduler decides at an instant; by default one that was just started."""
    office.now = now
    return decide_due(office.desk, known or NextSlots())


def claim(desk: Desk, holder: str = "somebody") -> RunRow | None:
    """Put the oldest run that waits under work."""
    with writing(desk.engine) as connection:
        return claim_run(Act(connection=connection, actor=SERVER, instant=desk.now()), holder, LEASE)


def end_runs(desk: Desk) -> None:
    """Every run that waits comes to something, in one transaction."""
    with writing(desk.engine) as connection:
        act = Act(connection=connection, actor=SERVER, instant=desk.now())
        while (run := claim_run(act, "somebody", LEASE)) is not None:
            finish_run(act_in_tenant(act, run.tenant), run.name, RunOutcome.WITHIN_TOLERANCE, None)


def runs_of(engine: Engine, job_name: str) -> list[RunRow]:
    """All runs of a job on record, oldest first."""
    tenant = job_name.split("/")[1]
    with reading(engine) as connection:
        return list_runs(connection, tenant, job_name=job_name, limit=EVERYTHING)[::-1]


def slots_by_state(engine: Engine, job_name: str) -> list[tuple[str, str]]:
    """Day and hour of each slot on record with the state of its run, by slot and then by state."""
    rows = [row for row in runs_of(engine, job_name) if row.slot_instant is not None]
    return sorted((f"{row.slot_instant:%m-%d %H:%M}", row.state.value) for row in rows)
