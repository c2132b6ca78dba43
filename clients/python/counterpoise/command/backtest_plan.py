"""Options of `backtest`, and the plan that they make of a problem and a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from counterpoise.command.backtest_arguments import (
    parsed_day,
    parsed_gate,
    parsed_margin,
    parsed_redemption,
)
from counterpoise.command.estimate_arguments import Methods, parsed_floor
from counterpoise.command.history_arguments import NOBODY, Frequencies, Treatments, parsed_names, parsed_prior
from counterpoise.command.history_question import history_of, treatment_of

if TYPE_CHECKING:
    from counterpoise.backtest import WalkForwardPlan
    from counterpoise.model import AllocationProblem, RiskModelQuestion


@dataclass(frozen=True, kw_only=True)
class BacktestOptions:
    """What was given on the command line, None where nothing was."""

    returns: Path
    frequency: Frequencies
    excess: str
    dates: str | None
    cash: str
    sleeves: str | None
    lines: str | None
    window: int
    rebalance: int
    first: str | None
    last: str | None
    method: Methods
    half_life: float | None
    factor_count: int | None
    floor: list[str] | None
    smoothing: Treatments | None
    prior: str | None
    redemption: list[str] | None
    gate: list[str] | None
    margin: list[str] | None
    forced_sale_cost: float


def walk_plan(problem: AllocationProblem, options: BacktestOptions) -> WalkForwardPlan:
    """The plan; raises BadParameter for wrong options and UnreadableHistory for a wrong table."""
    from counterpoise import backtest

    redemptions = [parsed_redemption(text) for text in options.redemption or []]
    gates = [parsed_gate(text) for text in options.gate or []]
    margins = [parsed_margin(text) for text in options.margin or []]
    return backtest.WalkForwardPlan(
        problem=problem,
        estimation=_estimation(problem, options),
        window_period_count=options.window,
        rebalance_period_count=options.rebalance,
        first_date=parsed_day(options.first, "--from"),
        last_date=parsed_day(options.last, "--to"),
        redemptions=tuple(
            backtest.RedemptionTerms(line_id=name, every_period_count=every, notice_period_count=notice)
            for name, every, notice in redemptions
        ),
        gates=tuple(
            backtest.Gate(line_id=name, first_date=first, last_date=last) for name, first, last in gates
        ),
        forced_sale_cost_rate=options.forced_sale_cost,
        margin_periods=tuple(
            backtest.MarginPeriod(margin_pool_id=name, first_date=first, last_date=last, multiplier=multiple)
            for name, first, last, multiple in margins
        ),
    )


def left_out(problem: AllocationProblem, without: str | None) -> tuple[str, ...] | None:
    """Ids that --without names, none where it says so; None where it was not given."""
    if without is None:
        return None
    if without == NOBODY:
        return ()
    names = parsed_names(without, "--without")
    known = [limit.limit_id for limit in problem.mandate.limits]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise typer.BadParameter(
            f"--without: {', '.join(unknown)} is no limit of the mandate: {', '.join(known) or 'none'}."
        )
    return names


def _estimation(problem: AllocationProblem, options: BacktestOptions) -> RiskModelQuestion:
    """The question for the risk model: drivers and premia are those of the problem."""
    from counterpoise import model

    _check_method(options)
    known = tuple(line.line_id for line in problem.portfolio.lines if line.alpha_sleeve is not None)
    sleeves = known if options.sleeves is None else parsed_names(options.sleeves, "--sleeves")
    others = parsed_names(options.lines, "--lines") if options.lines is not None else ()
    drivers = problem.market.drivers
    prior = parsed_prior(options.prior) if options.prior is not None else None
    stressed = problem.market.risk_model.stressed_correlation
    uniform = stressed.uniform if stressed is not None else None
    return model.RiskModelQuestion(
        history=history_of(
            options.returns,
            [*problem.market.driver_ids, *known, *sleeves, *others, options.cash],
            frequency=options.frequency,
            excess=options.excess,
            dates=options.dates,
        ),
        annual_risk_free_rate=problem.market.annual_risk_free_rate,
        drivers=drivers,
        driver_groups=problem.market.driver_groups,
        sleeve_ids=sleeves,
        cash_id=options.cash,
        stress_regime=model.StressRegime(uniform=uniform) if uniform is not None else None,
        volatility_floors=tuple(
            model.VolatilityFloor(volatility_floor_id=name, column_ids=columns, annual_volatility=volatility)
            for name, volatility, columns in [parsed_floor(text) for text in options.floor or []]
        ),
        smoothing=treatment_of(options.smoothing),
        evidence_rule=problem.mandate.evidence_rule,
        prior=model.AlphaPrior(annual_mean=prior[0], annual_error=prior[1]) if prior is not None else None,
        sample=model.SampleCovariance() if options.method is Methods.SAMPLE else None,
        exponential=model.ExponentialCovariance(half_life_periods=options.half_life)
        if options.half_life is not None
        else None,
        ledoit_wolf=model.LedoitWolfCovariance() if options.method is Methods.LEDOIT_WOLF else None,
        factor=model.FactorCovariance(factor_count=options.factor_count)
        if options.factor_count is not None
        else None,
    )


def _check_method(options: BacktestOptions) -> None:
    """Raises BadParameter where what a method needs is missing, or belongs to another."""
    needs = (
        ("--half-life", options.half_life, Methods.EXPONENTIAL),
        ("--factor-count", options.factor_count, Methods.FACTOR),
    )
    for name, value, method in needs:
        if (value is not None) != (options.method is method):
            more = "needs it" if options.method is method else f"is not {method}; leave it out"
            raise typer.BadParameter(f"{name}: --method {options.method} {more}.")
