"""What is asked of the service on one date: nothing in it was known later."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from counterpoise.backtest.margin import line_margined, pool_margined
from counterpoise.backtest.plan import WalkForwardPlan, cut_history
from counterpoise.backtest.table import ReturnTable
from counterpoise.model import (
    LEAST_PERIODS_OF_A_REGIME,
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    EstimateRiskModelResponse,
    ExpectedAlpha,
    Line,
    LineEstimate,
    RiskModelQuestion,
    SoftLimit,
    StressPeriods,
    StressRegime,
    with_estimate,
)

_FEWEST_RETURNS = 24
_RETURNS_A_DRIVER = 6
"""Three for each coefficient of a regression with one lag."""


@dataclass(frozen=True)
class State:
    """What a decision starts from. Money in base currency."""

    period: int
    nav: float
    holdings: dict[str, float]
    redeemable: dict[str, float]
    """Of sleeves with redemption terms."""
    not_bought: frozenset[str] = frozenset()
    """Lines whose return of the period is not known."""


def estimation_at(plan: WalkForwardPlan, table: ReturnTable, period: int) -> RiskModelQuestion:
    """The question for the risk model over the window that ends with a period.

    Sleeves with too few returns in the window for a verdict, or with returns that stand still, are left out,
    and so are bad times that are too few of its periods for a correlation. The risk-free rate is what cash
    earned in the last period.
    """
    question = plan.estimation
    window = slice(period + 1 - plan.window_period_count, period + 1)
    sleeves = tuple(name for name in question.sleeve_ids if _is_known(plan, name, window))
    names = (*(driver.driver_id for driver in question.drivers), *sleeves, question.cash_id)
    known = {*names}
    return replace(
        question,
        history=cut_history(plan.history, window, names),
        sleeve_ids=sleeves,
        annual_risk_free_rate=table.annual_cash(period),
        stress_regime=_regime_at(question, plan.history.dates[window]),
        volatility_floors=tuple(
            replace(floor, column_ids=kept)
            for floor in question.volatility_floors
            if (kept := tuple(name for name in floor.column_ids if name in known))
        ),
    )


def problem_at(
    plan: WalkForwardPlan, state: State, estimate: EstimateRiskModelResponse, *, all_redeemable: bool = False
) -> AllocationProblem:
    """The problem of a date: the estimated market, sleeves as estimated, holdings as they drifted.

    A stressed correlation that the problem states stays where the estimate has none.
    """
    estimated = with_estimate(plan.problem, estimate)
    estimates = {item.line_id: item for item in estimate.lines}
    portfolio = estimated.portfolio
    lines = tuple(
        _line_at(plan, state, line, estimates.get(line.line_id), all_redeemable=all_redeemable)
        for line in portfolio.lines
    )
    pools = tuple(pool_margined(plan, pool, state.period) for pool in portfolio.margin_pools)
    date = plan.history.dates[state.period]
    portfolio = replace(portfolio, as_of_date=date, nav_amount=state.nav, lines=lines, margin_pools=pools)
    return replace(estimated, portfolio=portfolio)


def relaxed(problem: AllocationProblem) -> AllocationProblem:
    """The problem with every hard limit soft, before those that are soft already."""
    limits = tuple(
        replace(limit, soft=SoftLimit(priority=1))
        if limit.soft is None
        else replace(limit, soft=replace(limit.soft, priority=limit.soft.priority + 1))
        for limit in problem.mandate.limits
    )
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def _regime_at(question: RiskModelQuestion, dates: Sequence[datetime.date]) -> StressRegime | None:
    """Bad times that are in a window; none where they, or the others, are too few for the service."""
    regime = question.stress_regime
    if regime is None or regime.periods is None:
        return regime
    kept, stressed = [], set()
    for each in regime.periods.windows:
        inside = {date for date in dates if each.first_date <= date <= each.last_date}
        kept += [each] if inside else []
        stressed |= inside
    fewest = max(LEAST_PERIODS_OF_A_REGIME, len(question.drivers) + 2)
    if min(len(stressed), len(dates) - len(stressed)) < fewest:
        return None
    return StressRegime(periods=StressPeriods(windows=tuple(kept)))


def _is_known(plan: WalkForwardPlan, name: str, window: slice) -> bool:
    column = plan.history.column(name)
    known = column.known()[window]
    fewest = max(_FEWEST_RETURNS, _RETURNS_A_DRIVER * (1 + len(plan.estimation.drivers)))
    return int(known.sum()) >= fewest and float(np.ptp(column.returns[window][known])) > 0.0


def _line_at(
    plan: WalkForwardPlan, state: State, line: Line, estimate: LineEstimate | None, *, all_redeemable: bool
) -> Line:
    held = state.holdings[line.line_id] / state.nav
    now = replace(line_margined(plan, line, state.period), current_fraction=held, valuation_date=None)
    sleeve = now.alpha_sleeve
    if sleeve is None:
        return now
    bought = line.line_id not in state.not_bought
    if line.line_id in plan.estimation.sleeve_ids and not _has_verdict(estimate):
        sleeve, bought = _by_the_prior(sleeve, estimate), False
    now = replace(now, alpha_sleeve=replace(sleeve, redeemable_fraction=None))
    if not bought:
        now = _at_most(now, held)
    return now if all_redeemable else _gated(now, state)


def _has_verdict(estimate: LineEstimate | None) -> bool:
    evidence = estimate.evidence if estimate is not None else None
    return evidence is not None and evidence.alpha_sleeve is not None


def _by_the_prior(sleeve: AlphaSleeve, estimate: LineEstimate | None) -> AlphaSleeve:
    """A sleeve without a verdict: its alpha is the prior's mean, without an estimate none at all."""
    evidence = estimate.evidence if estimate is not None else None
    alpha = evidence.annual_shrunk_alpha if evidence is not None else 0.0
    prior = ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=alpha))
    return replace(sleeve, expected_alpha=prior, fees=None)


def _at_most(line: Line, held: float) -> Line:
    """A line of which nothing is bought."""
    most = max(held, 0.0)
    least = line.minimum_fraction
    return replace(line, maximum_fraction=most, minimum_fraction=None if least is None else min(least, most))


def _gated(line: Line, state: State) -> Line:
    """Redeemable as far as dates allow; a holding that drifted above its maximum may stay."""
    money = state.redeemable.get(line.line_id)
    if money is None or line.alpha_sleeve is None or line.current_fraction is None:
        return line
    held = line.current_fraction
    share = min(max(money / state.nav, 0.0), max(held, 0.0))
    most = line.maximum_fraction
    return replace(
        line,
        maximum_fraction=None if most is None else max(most, held - share),
        alpha_sleeve=replace(line.alpha_sleeve, redeemable_fraction=share),
    )
