"""The walk: earn, settle, decide, write down, period by period."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from counterpoise.backtest.calls import margin_of, settle
from counterpoise.backtest.checking import plan_violations
from counterpoise.backtest.decision import Service, Walk, decide
from counterpoise.backtest.earning import Earned, earn
from counterpoise.backtest.journal import Journal
from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.backtest.question import State
from counterpoise.backtest.records import Period, Reserve
from counterpoise.backtest.redemptions import open_notices, redeemable
from counterpoise.backtest.result import WalkForward
from counterpoise.backtest.table import ReturnTable, read_returns
from counterpoise.errors import CounterpoiseError, InvalidProblem
from counterpoise.model import TotalPortfolio

__all__ = ["PortfolioRuined", "Service", "walk_forward"]


class PortfolioRuined(CounterpoiseError):
    """Nothing is left of NAV; the periods before it are in the journal."""


def walk_forward(
    plan: WalkForwardPlan,
    service: Service,
    *,
    journal: str | Path | None = None,
    progress: bool = True,
    title: str = "walk-forward",
) -> WalkForward:
    """Walks a plan from its first decision to its last period.

    `journal` names a file that is written period by period; where it holds periods of the same plan, the walk
    goes on after them. Raises InvalidProblem with every violation of the plan, JournalMismatch,
    PortfolioRuined, and what the service raises.
    """
    violations = plan_violations(plan)
    if violations:
        raise InvalidProblem(violations)
    book = Journal(None if journal is None else Path(journal), plan)
    walked, walk = book.read(), Walk(plan, read_returns(plan), service)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not progress, transient=True) as bar:
        task = bar.add_task(title, total=len(plan.periods), completed=len(walked))
        last = walked[-1] if walked else None
        for index in plan.periods[len(walked) :]:
            last = _start(walk) if last is None else _step(walk, index, last)
            book.add(last)
            walked.append(last)
            bar.advance(task)
    return WalkForward(plan=plan, periods=tuple(walked))


def _start(walk: Walk) -> Period:
    """The first decision, on holdings as they are stated or on all of NAV in the first tier."""
    plan = walk.plan
    portfolio, period = plan.problem.portfolio, plan.periods[0]
    holdings = {name: portfolio.nav_amount * share for name, share in plan.opening.items()}
    reserve = _reserve(plan, period, holdings)
    opening = Period(
        date=plan.history.dates[period],
        nav=portfolio.nav_amount,
        reference_nav=portfolio.nav_amount,
        holdings=holdings,
        reserve=reserve,
    )
    return _decided(walk, period, opening)


def _step(walk: Walk, index: int, last: Period) -> Period:
    plan, table = walk.plan, walk.table
    portfolio = plan.problem.portfolio
    before = margin_of(plan, index - 1, last.holdings, last.margin_rates)
    earned = earn(portfolio, table, index, last.holdings, before)
    settled = settle(plan, index, earned, before, last.margin_rates)
    earnings = dict(earned.earnings)
    if settled.cost:
        earnings["trading costs"] = -settled.cost
    period = Period(
        date=plan.history.dates[index],
        nav=_nav(portfolio, settled.holdings),
        reference_nav=last.reference_nav * (1.0 + _reference_return(plan, table, index)),
        holdings=settled.holdings,
        earnings=earnings,
        calls=settled.calls,
        reserve=settled.reserve,
        forced_sales=settled.forced_sales,
        margin_rates=last.margin_rates,
        due_notices=last.due_notices,
    )
    if period.nav <= 0.0:
        raise PortfolioRuined(f"{period.date}: NAV is {period.nav:,.0f}; nothing is left to allocate")
    if (index - plan.periods[0]) % plan.rebalance_period_count:
        return period
    return _decided(walk, index, period)


def _decided(walk: Walk, index: int, period: Period) -> Period:
    """A period with the decision at its end."""
    plan = walk.plan
    paid = redeemable(plan, index, period.holdings, period.due_notices)
    state = State(period=index, nav=period.nav, holdings=period.holdings, redeemable=paid)
    decided = decide(walk, state, period.due_notices, period.margin_rates)
    earnings = dict(period.earnings)
    if decided.decision.trading_cost:
        earnings["trading costs"] = earnings.get("trading costs", 0.0) - decided.decision.trading_cost
    return replace(
        period,
        nav=_nav(plan.problem.portfolio, decided.holdings),
        holdings=decided.holdings,
        earnings=earnings,
        margin_rates=decided.margin_rates,
        due_notices=(*open_notices(plan, index, period.due_notices), *decided.notices),
        decision=decided.decision,
    )


def _nav(portfolio: TotalPortfolio, holdings: dict[str, float]) -> float:
    return sum(line.capital_per_unit * holdings[line.line_id] for line in portfolio.lines)


def _reference_return(plan: WalkForwardPlan, table: ReturnTable, index: int) -> float:
    """Of the reference exposures, funded, the rest in cash; rebalanced every period, free of costs."""
    return float(table.cash[index]) + sum(
        item.value * float(table.drivers[item.driver_id][index])
        for item in plan.problem.mandate.reference_exposures
    )


def _reserve(plan: WalkForwardPlan, period: int, holdings: dict[str, float]) -> Reserve:
    return settle(plan, period, Earned(holdings, {}, {}), {}, {}).reserve
