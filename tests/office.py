"""An office that rebalances a small fund, on a real store, for tests."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    CreateRebalanceJobRequest,
    GetRebalanceProposalRequest,
    GetRebalanceRunRequest,
    Marks,
    RebalanceJob,
    RebalanceProposal,
    RebalanceRun,
    RecordMarksRequest,
    RunPolicy,
    RunRebalanceJobRequest,
    TradePolicy,
    Trigger,
)
from optimizer.rebalance.calls import monitor_calls, rebalance_calls
from optimizer.rebalance.desk import Desk
from optimizer.rebalance.runner import Runner
from optimizer.store import Engine, open_engine, upgrade
from tests.rebalancing import NOW, fund

TENANT = "tenants/pension"
JOB = f"{TENANT}/rebalanceJobs/monthly"


@dataclass(frozen=True)
class Person:
    """Who calls."""

    subject: str
    tenant: str = "pension"
    authenticated: bool = True


ADA, BEN, EVE = Person("ada"), Person("ben"), Person("eve", tenant="endowment")


def new_id() -> str:
    """A request id."""
    return str(uuid.uuid4())


@dataclass
class Office:
    """Calls as the service makes them, on a clock that stands still until it is set."""

    engine: Engine
    allocate: Callable[[AllocationProblem], Allocation]
    now: datetime.datetime = NOW
    delivers: bool = True
    woken: int = 0
    calls: dict[str, Callable[[Any, Any], Any]] = field(init=False)
    runner: Runner = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Desk(
            engine=self.engine,
            now=lambda: self.now,
            wake=self._wake,
            database_now=lambda _: None,  # the office's clock stands still wherever its store is
            delivers=self.delivers,
        )
        self.calls = rebalance_calls(lambda: self.desk) | monitor_calls(lambda: self.desk)
        self.runner = Runner(lambda: self.desk, lambda problem, _: self.allocate(problem))

    def _wake(self) -> None:
        self.woken += 1

    def call(self, request: object, person: Person = ADA) -> Any:
        """The call that a request belongs to."""
        return self.calls[type(request).__name__.removesuffix("Request")](request, person)

    def create_job(
        self,
        problem: AllocationProblem | None = None,
        *,
        run_policy: RunPolicy | None = None,
        trade_policy: TradePolicy | None = None,
        triggers: tuple[Trigger, ...] = (),
    ) -> RebalanceJob:
        """The job `monthly`, by Ada."""
        job = RebalanceJob(
            display_name="Monthly",
            problem=problem or fund(),
            run_policy=run_policy,
            trade_policy=trade_policy,
            triggers=triggers,
        )
        request = CreateRebalanceJobRequest(
            parent=TENANT, rebalance_job_id="monthly", rebalance_job=job, request_id=new_id()
        )
        return self.call(request).rebalance_job

    def record(self, recorded: Marks) -> Marks:
        """Marks of the job, by Ada."""
        request = RecordMarksRequest(parent=JOB, marks=recorded, request_id=new_id())
        return self.call(request).marks

    def run(self, person: Person = ADA) -> RebalanceRun:
        """A run from start to end."""
        run = self.call(RunRebalanceJobRequest(name=JOB, request_id=new_id()), person).rebalance_run
        while self.runner.turn(self.desk):
            pass
        return self.call(GetRebalanceRunRequest(name=run.name)).rebalance_run

    def proposal(self, run: RebalanceRun) -> RebalanceProposal:
        """What a run proposed."""
        request = GetRebalanceProposalRequest(name=run.proposal)
        return self.call(request).rebalance_proposal


def open_office(path: Path, allocate: Callable[[AllocationProblem], Allocation]) -> Office:
    """An office on an SQLite file."""
    engine = open_engine(f"sqlite:///{path / 'office.sqlite3'}")
    upgrade(engine)
    return Office(engine, allocate)
