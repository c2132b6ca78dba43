"""The walk: earn, settle, redeem, decide, write down, period by period."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from counterpoise.backtest.calls import settle
from counterpoise.backtest.checking import plan_violations
from counterpoise.backtest.decision import Service, Walk, decide
from counterpoise.backtest.earning import Earned, charge_margin_credit, earn
from counterpoise.backtest.journal import Journal
from counterpoise.backtest.margin import margin_of
from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.backtest.posting import is_cash, post, reserve_tiers
from counterpoise.backtest.question import State
from counterpoise.backtest.records import Period
from counterpoise.backtest.redemptions import due, redeemable, still_open
from counterpoise.backtest.result import WalkForward
from counterpoise.backtest.table import ReturnTable, read_returns
from counterpoise.errors import InvalidProblem
from counterpoise.model import Line, TotalPortfolio

__all__ = ["Service", "walk_forward"]


def walk_forward(
    plan: WalkForwardPlan,
    service: Service,
    *,
    journal: str | Path | None = None,
    progress: bool = True,
    title: str = "walk-forward",
) -> WalkForward:
    """Walks a plan from its first decision to its last period, or to its ruin.

    `journal` names a file that is written period by period; where it holds periods of the same plan, the walk
    goes on after them. Raises InvalidProblem with every violation of the plan, JournalMismatch, and what the
    service raises.
    """
    violations = plan_violations(plan)
    if violations:
        raise InvalidProblem(violations)
    book = Journal(None if journal is None else Path(journal), plan)
    walked, walk = book.read(), Walk(plan, read_returns(plan), service)
    with _bar(shown=progress) as bar:
        task = bar.add_task(title, total=len(plan.periods), completed=len(walked))
        last = walked[-1] if walked else None
        for index in plan.periods[len(walked) :]:
            if last is not None and last.ruined:
                break
            last = _start(walk) if last is None else _step(walk, index, last)
            book.add(last)
            walked.append(last)
            bar.advance(task)
    return WalkForward(plan=plan, periods=tuple(walked))


def _bar(*, shown: bool) -> Progress:
    """A progress bar on the error stream, as text in notebooks, too."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True, force_jupyter=False)
    return Progress(*columns, console=console, disable=not shown, transient=True)


def _start(walk: Walk) -> Period:
    """The first decision, on the holdings that the plan opens with."""
    plan = walk.plan
    portfolio, period = plan.problem.portfolio, plan.periods[0]
    holdings = {name: portfolio.nav_amount * share for name, share in plan.opening.items()}
    opening = Period(
        date=plan.history.dates[period],
        nav=portfolio.nav_amount,
        reference_nav=portfolio.nav_amount,
        holdings=holdings,
        reserve=settle(plan, period, Earned(holdings, {}, {}), {}, {}).reserve,
    )
    return _decided(walk, period, opening)


def _step(walk: Walk, index: int, last: Period) -> Period:
    plan, table = walk.plan, walk.table
    portfolio = plan.problem.portfolio
    before = margin_of(plan, index - 1, last.holdings, last.margin_rates)
    earned = charge_margin_credit(
        portfolio,
        earn(portfolio, table, index, last.holdings, last.loadings),
        post(portfolio, last.holdings, before),
        {line.line_id for line in portfolio.lines if is_cash(line)},
        table.per_year,
    )
    settled = settle(plan, index, earned, before, last.margin_rates)
    redeemed = due(plan, index, settled.holdings, last.due_notices)
    holdings, cost = _redeem(portfolio, settled.holdings, redeemed)
    earnings = dict(earned.earnings)
    _add_cost(earnings, settled.cost + cost)
    period = Period(
        date=plan.history.dates[index],
        nav=_nav(portfolio, holdings),
        reference_nav=last.reference_nav * (1.0 + _reference_return(plan, table, index)),
        holdings=holdings,
        earnings=earnings,
        calls=settled.calls,
        reserve=settled.reserve,
        forced_sales=settled.forced_sales,
        redeemed=redeemed,
        missing_returns=_missing(walk, index, last.holdings),
        loadings=last.loadings,
        margin_rates=last.margin_rates,
        due_notices=still_open(plan, index, last.due_notices),
    )
    if period.nav <= 0.0:
        return replace(period, ruined=True)
    if (index - plan.periods[0]) % plan.rebalance_period_count:
        return period
    return _decided(walk, index, period)


def _decided(walk: Walk, index: int, period: Period) -> Period:
    """A period with the decision at its end."""
    plan = walk.plan
    state = State(
        period=index,
        nav=period.nav,
        holdings=period.holdings,
        redeemable=redeemable(plan, index, period.holdings),
        not_bought=frozenset(
            name
            for name in walk.table.own
            if not walk.table.has_return(_line(plan.problem.portfolio, name), index)
        ),
    )
    decided = decide(walk, state, period.due_notices, period.margin_rates)
    earnings = dict(period.earnings)
    _add_cost(earnings, decided.decision.trading_cost)
    return replace(
        period,
        nav=_nav(plan.problem.portfolio, decided.holdings),
        holdings=decided.holdings,
        earnings=earnings,
        loadings=decided.loadings,
        margin_rates=decided.margin_rates,
        due_notices=(*period.due_notices, *decided.notices),
        decision=decided.decision,
    )


def _redeem(
    portfolio: TotalPortfolio, holdings: dict[str, float], redeemed: dict[str, float]
) -> tuple[dict[str, float], float]:
    """What leaves sleeves goes to the first reserve tier, less their linear trading cost."""
    after, cost, cash = dict(holdings), 0.0, reserve_tiers(portfolio)[0].line_id
    for name, money in redeemed.items():
        trading_cost = _line(portfolio, name).trading_cost
        paid = money * trading_cost.linear_rate if trading_cost is not None else 0.0
        after[name] -= money
        after[cash] += money - paid
        cost += paid
    return after, cost


def _add_cost(earnings: dict[str, float], cost: float) -> None:
    if cost:
        earnings["trading costs"] = earnings.get("trading costs", 0.0) - cost


def _missing(walk: Walk, index: int, holdings: dict[str, float]) -> tuple[str, ...]:
    portfolio = walk.plan.problem.portfolio
    return tuple(
        name
        for name in walk.table.own
        if holdings[name] and not walk.table.has_return(_line(portfolio, name), index)
    )


def _line(portfolio: TotalPortfolio, name: str) -> Line:
    return next(line for line in portfolio.lines if line.line_id == name)


def _nav(portfolio: TotalPortfolio, holdings: dict[str, float]) -> float:
    return sum(line.capital_per_unit * holdings[line.line_id] for line in portfolio.lines)


def _reference_return(plan: WalkForwardPlan, table: ReturnTable, index: int) -> float:
    """Of the reference exposures, funded, the rest in cash; rebalanced every period, free of costs."""
    return float(table.cash[index]) + sum(
        item.value * float(table.drivers[item.driver_id][index])
        for item in plan.problem.mandate.reference_exposures
    )
