"""One look at a portfolio: from marks to a plan of trades, or to what stopped it. Records nothing."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    AllocateRequest,
    Allocation,
    AllocationProblem,
    Marks,
    PortfolioMeasures,
    RunGuard,
    RunPolicy,
    RunRefusal,
    TradePlan,
    TradePolicy,
)
from counterpoise.validate import request_violations
from optimizer.measures.book import open_book
from optimizer.measures.limits import constraints_of
from optimizer.rebalance.guards import (
    refuse_answer,
    refuse_counts,
    refuse_jump,
    refuse_marks,
    refuse_turnover,
    refuse_violations,
)
from optimizer.rebalance.marked import marked_problem
from optimizer.rebalance.trading.dust import without_dust
from optimizer.rebalance.trading.measured import measure_portfolio
from optimizer.rebalance.trading.postings import settled
from optimizer.rebalance.trading.rounding import NotTradable, round_positions
from optimizer.rebalance.trading.trades import plan_trades, within_tolerance

PLANNING_SECONDS = 60.0
"""Longest work on the order of execution and on reasons."""
ROUNDING_SECONDS = 20.0
"""Longest search for whole contracts and tickets."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a run is asked: the revision of a job, and the marks of its portfolio, oldest first."""

    problem: AllocationProblem
    run_policy: RunPolicy | None
    trade_policy: TradePolicy | None
    marks: Sequence[Marks]
    now: datetime.datetime


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a run saw. With refusals there is no plan; without both, every change is within tolerance."""

    allocation: Allocation | None = None
    refusals: tuple[RunRefusal, ...] = ()
    plan: TradePlan | None = None
    before: PortfolioMeasures | None = None
    after: PortfolioMeasures | None = None


def look_at(order: Order, allocate: Callable[[AllocationProblem], Allocation]) -> Look:
    """Mark, guard, allocate, guard, round, order, guard, measure.

    `allocate` answers a valid problem, certified or not, and raises what makes the run fail.
    """
    problem = marked_problem(order.problem, order.marks)
    refusals = (
        *refuse_marks(problem, order.run_policy, order.now),
        *refuse_violations(request_violations(AllocateRequest(problem=problem))),
    )
    if refusals:
        return Look(refusals=refusals)
    allocation = allocate(problem)
    refusals = tuple(refuse_answer(allocation)) or tuple(
        refuse_jump(problem, allocation, order.run_policy, allocate)
    )
    if refusals:
        return Look(allocation=allocation, refusals=refusals)
    book = open_book(problem)
    target = np.array([position.fraction for position in allocation.positions])
    try:
        rounded = round_positions(book, target, order.trade_policy, seconds=ROUNDING_SECONDS)
        rounded = without_dust(book, rounded)
    except NotTradable as error:
        refusal = RunRefusal(guard=RunGuard.NOT_TRADABLE, message=str(error), limits=error.limits)
        return Look(allocation=allocation, refusals=(refusal,))
    plan = plan_trades(book, target, rounded, seconds=PLANNING_SECONDS)
    refusals = (*refuse_counts(plan), *refuse_turnover(plan, order.run_policy))
    if refusals:
        return Look(allocation=allocation, refusals=refusals)
    if within_tolerance(plan, order.trade_policy or TradePolicy()):
        return Look(allocation=allocation)
    start = settled(book, book.current[: book.line_count], constraints_of(book))
    return Look(
        allocation=allocation,
        plan=plan,
        before=measure_portfolio(problem, start),
        after=measure_portfolio(problem, rounded.variables),
    )
