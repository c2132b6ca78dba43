"""What is asked of the service on one date: nothing in it was known later."""

from __future__ import annotations

from dataclasses import dataclass, replace

from counterpoise.backtest.calls import multiplier_of
from counterpoise.backtest.plan import WalkForwardPlan, cut_history
from counterpoise.backtest.table import ReturnTable
from counterpoise.model import (
    AllocationProblem,
    AlphaSleeve,
    EstimateRiskModelResponse,
    Line,
    LineEstimate,
    RiskModelQuestion,
    SoftLimit,
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


def estimation_at(plan: WalkForwardPlan, table: ReturnTable, period: int) -> RiskModelQuestion:
    """The question for the risk model over the window that ends with a period.

    Sleeves with too few returns in the window for a verdict are left out. The risk-free rate is what cash
    earned in the last period.
    """
    question = plan.estimation
    window = slice(period + 1 - plan.window_period_count, period + 1)
    fewest = max(_FEWEST_RETURNS, _RETURNS_A_DRIVER * (1 + len(question.drivers)))
    sleeves = tuple(
        name for name in question.sleeve_ids if int(plan.history.column(name).known()[window].sum()) >= fewest
    )
    names = (*(driver.driver_id for driver in question.drivers), *sleeves, question.cash_id)
    known = {*names}
    return replace(
        question,
        history=cut_history(plan.history, window, names),
        sleeve_ids=sleeves,
        annual_risk_free_rate=table.annual_cash(period),
        volatility_floors=tuple(
            replace(floor, column_ids=kept)
            for floor in question.volatility_floors
            if (kept := tuple(name for name in floor.column_ids if name in known))
        ),
    )


def problem_at(
    plan: WalkForwardPlan, state: State, estimate: EstimateRiskModelResponse, *, all_redeemable: bool = False
) -> AllocationProblem:
    """The problem of a date: the estimated market, sleeves as estimated, holdings as they drifted."""
    if estimate.market is None:
        raise ValueError("the estimate has no market")
    estimates = {item.line_id: item for item in estimate.lines}
    portfolio = plan.problem.portfolio
    lines = tuple(
        _line_at(plan, state, line, estimates.get(line.line_id), all_redeemable=all_redeemable)
        for line in portfolio.lines
    )
    date = plan.history.dates[state.period]
    return replace(
        plan.problem,
        market=estimate.market,
        portfolio=replace(portfolio, as_of_date=date, nav_amount=state.nav, lines=lines),
    )


def relaxed(problem: AllocationProblem) -> AllocationProblem:
    """The problem with every hard limit soft, before those that are soft already."""
    limits = tuple(
        replace(limit, soft=SoftLimit(priority=1))
        if limit.soft is None
        else replace(limit, soft=replace(limit.soft, priority=limit.soft.priority + 1))
        for limit in problem.mandate.limits
    )
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def _line_at(
    plan: WalkForwardPlan,
    state: State,
    line: Line,
    estimate: LineEstimate | None,
    *,
    all_redeemable: bool,
) -> Line:
    held = state.holdings[line.line_id] / state.nav
    now = replace(line, current_fraction=held, valuation_date=None)
    sleeve = line.alpha_sleeve
    if sleeve is None:
        return _margined(plan, state, now)
    if estimate is not None:
        now = replace(
            now,
            loadings=estimate.loadings,
            annual_residual_volatility=estimate.annual_residual_volatility,
        )
    if line.line_id in plan.estimation.sleeve_ids:
        believed = _believed(sleeve, estimate)
        # What nothing is known of yet is not bought.
        most = now.maximum_fraction if believed is not None else max(held, 0.0)
        now = replace(now, maximum_fraction=most, alpha_sleeve=believed or sleeve)
    return now if all_redeemable else _gated(now, state)


def _believed(sleeve: AlphaSleeve, estimate: LineEstimate | None) -> AlphaSleeve | None:
    """The sleeve with alpha, error and evidence of the estimate; its terms stay. None without a verdict."""
    evidence = estimate.evidence if estimate is not None else None
    found = evidence.alpha_sleeve if evidence is not None else None
    if found is None:
        return None
    return replace(
        sleeve,
        expected_alpha=found.expected_alpha,
        evidence=found.evidence,
        annual_alpha_error=found.annual_alpha_error,
        fees=None,
    )


def _gated(line: Line, state: State) -> Line:
    """Redeemable as far as dates and notices allow; a holding that drifted above its maximum may stay."""
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


def _margined(plan: WalkForwardPlan, state: State, line: Line) -> Line:
    """Initial margin as pools ask for it on the day."""
    if line.overlay is None or line.overlay.initial_margin_rate is None:
        return line
    multiplier = multiplier_of(plan, line.overlay.margin_pool_id, state.period)
    rate = min(line.overlay.initial_margin_rate * multiplier, 1.0)
    return replace(line, overlay=replace(line.overlay, initial_margin_rate=rate))
