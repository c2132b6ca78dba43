"""Worked examples of whole books: a risk budget, hedged currencies, a rebalance that costs."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    Driver,
    DriverScope,
    DriverValue,
    ExpectedReturn,
    ExposureMeasure,
    FundedBeta,
    Limit,
    Line,
    LineScope,
    LineValue,
    MaximizeNetReturn,
    MeetRiskBudget,
    MinimizeCost,
    Objective,
    PositionMeasure,
    TradingCost,
)
from tests.golden_problems import funded, gross_limit, market, overlay, problem_of, tier

BUDGET_VOLATILITIES = np.array([0.16, 0.06, 0.08])
BUDGET_CORRELATION = np.array([[1.0, -0.2, 0.3], [-0.2, 1.0, 0.0], [0.3, 0.0, 1.0]])
BUDGET_SHARES = (0.5, 0.3, 0.2)


def budget_problem(
    *,
    total_fraction: float | None = None,
    annual_volatility: float | None = None,
    cap: float | None = None,
    overlays: bool = False,
) -> AllocationProblem:
    """Three lines on a driver each with risk shares .5, .3, .2, and cash; `cap` limits the second line."""
    names = ("one", "two", "three")
    drivers = tuple(
        Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=0.02)) for name in names
    )
    lines = tuple(
        overlay(f"line-{name}", name, margin_rate=0.05, minimum=0.0)
        if overlays
        else funded(f"line-{name}", name)
        for name in names
    )
    limits = [gross_limit(3.0)]
    if cap is not None:
        scope = LineScope(line_ids=("line-two",))
        measure = PositionMeasure(lines=scope, aggregation=Aggregation.EACH)
        limits.append(Limit(limit_id="cap", upper=cap, position=measure))
    goal = MeetRiskBudget(
        shares=tuple(
            LineValue(line_id=f"line-{name}", value=share)
            for name, share in zip(names, BUDGET_SHARES, strict=True)
        ),
        total_fraction=total_fraction,
        annual_volatility=annual_volatility,
    )
    return problem_of(
        "budget",
        market(drivers, BUDGET_VOLATILITIES, BUDGET_CORRELATION),
        (*lines, tier("cash", posts=True)),
        tuple(limits),
        objective=Objective(meet_risk_budget=goal),
    )


def hedged_currencies(*, band: float, euro_premium: float = 0.0) -> AllocationProblem:
    """40 % in euro shares and 20 % in yen shares; forwards bring both currencies into a band.

    Forwards cost 20 basis points of roll a year; the euro earns `euro_premium` over cash.
    """
    drivers = (
        Driver(driver_id="shares", expected_return=ExpectedReturn(annual_excess=0.05)),
        Driver(driver_id="fx-eur", expected_return=ExpectedReturn(annual_excess=euro_premium)),
        Driver(driver_id="fx-jpy", expected_return=ExpectedReturn(annual_excess=0.0)),
    )
    correlation = np.array([[1.0, 0.3, 0.0], [0.3, 1.0, 0.4], [0.0, 0.4, 1.0]])
    currencies = ExposureMeasure(
        drivers=DriverScope(driver_ids=("fx-eur", "fx-jpy")),
        aggregation=Aggregation.EACH,
        lines=LineScope(all_lines=True),
    )
    return problem_of(
        "currencies",
        market(drivers, np.array([0.16, 0.08, 0.10]), correlation),
        (
            _foreign_fund("euro_shares", "fx-eur", 0.4),
            _foreign_fund("yen_shares", "fx-jpy", 0.2),
            overlay("eur_forward", "fx-eur", margin_rate=0.04, annual_roll_cost=0.002),
            overlay("jpy_forward", "fx-jpy", margin_rate=0.04, annual_roll_cost=0.002),
            tier("cash", posts=True),
        ),
        (
            Limit(limit_id="currency-band", lower=-band, upper=band, exposure=currencies),
            gross_limit(2.0),
        ),
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
    )


def _foreign_fund(line_id: str, currency: str, position: float) -> Line:
    return Line(
        line_id=line_id,
        loadings=(DriverValue(driver_id="shares", value=1.0), DriverValue(driver_id=currency, value=1.0)),
        annual_residual_volatility=0.0,
        minimum_fraction=position,
        maximum_fraction=position,
        funded_beta=FundedBeta(annual_fee=0.001),
    )


def rebalance(*, premium: float, linear_rate: float, impact: float, years: float) -> AllocationProblem:
    """A fund held at 40 % that earns a premium, and cash: how far is it worth going."""
    driver = Driver(driver_id="shares", expected_return=ExpectedReturn(annual_excess=premium))
    fund = Line(
        line_id="fund",
        loadings=(DriverValue(driver_id="shares", value=1.0),),
        annual_residual_volatility=0.0,
        current_fraction=0.4,
        trading_cost=TradingCost(linear_rate=linear_rate, impact_coefficient=impact),
        funded_beta=FundedBeta(annual_fee=0.0),
    )
    return problem_of(
        "rebalance",
        market((driver,), np.array([0.16]), np.eye(1)),
        (fund, tier("cash", posts=False)),
        (),
        objective=Objective(maximize_net_return=MaximizeNetReturn(), holding_period_years=years),
    )


def cheapest_exposure(*, financing: float, fee: float) -> AllocationProblem:
    """60 % of exposure by fund or by future, whichever costs less."""
    driver = Driver(driver_id="shares", expected_return=ExpectedReturn(annual_excess=0.05))
    measure = ExposureMeasure(
        drivers=DriverScope(driver_ids=("shares",)),
        aggregation=Aggregation.EACH,
        lines=LineScope(all_lines=True),
    )
    return problem_of(
        "cheapest",
        market((driver,), np.array([0.16]), np.eye(1)),
        (
            funded("fund", "shares", annual_fee=fee),
            overlay("future", "shares", margin_rate=0.1, annual_roll_cost=financing),
            tier("cash", posts=True),
        ),
        (Limit(limit_id="exposure", lower=0.6, upper=0.6, exposure=measure),),
        objective=Objective(minimize_cost=MinimizeCost()),
    )
