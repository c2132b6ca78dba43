"""A small fund with a future in whole contracts, for tests."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    CollateralTerms,
    ContractTerms,
    Counterparty,
    CounterpartyExposure,
    CounterpartyMeasure,
    Driver,
    ExpectedAlpha,
    ExpectedReturn,
    FactorEvidence,
    Limit,
    Line,
    LineMark,
    Marks,
    MaximizeUtility,
    Objective,
    ReserveMeasure,
    TradingCost,
)
from tests.golden_problems import funded, gross_limit, market, overlay, problem_of, tier

DAY = datetime.date(2025, 6, 30)
NOW = datetime.datetime(2025, 6, 30, 16, 0, tzinfo=datetime.UTC)
NAV = 500e6
CONTRACT = ContractTerms(point_value_amount=1_000.0, price=112.5, symbol="ZN")
HOLDINGS = {"equity_fund": 0.55, "bond_fund": 0.25, "bond_future": 0.15075, "alpha": 0.08, "cash": 0.12}
"""Fractions of NAV; 670 contracts of 112,500 are 15.075 % of it."""


def fund(*, current: dict[str, float] | None = None) -> AllocationProblem:
    """Equity, bonds by fund and by future, a sleeve and cash, under a cap on gross leverage and a reserve."""
    drivers = (
        Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.045)),
        Driver(driver_id="bonds", expected_return=ExpectedReturn(annual_excess=0.01)),
    )
    lines = (
        funded("equity_fund", "equity", annual_fee=0.0005),
        funded("bond_fund", "bonds", annual_fee=0.0005),
        overlay("bond_future", "bonds", margin_rate=0.02, annual_roll_cost=0.0005, minimum=0.0),
        Line(
            line_id="alpha",
            annual_residual_volatility=0.06,
            maximum_fraction=0.15,
            alpha_sleeve=AlphaSleeve(
                expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=0.02)),
                evidence=FactorEvidence(r_squared=0.1, observation_count=120),
            ),
        ),
        tier("cash", posts=True),
    )
    holdings = HOLDINGS if current is None else current
    problem = problem_of(
        "fund",
        market(drivers, np.array([0.16, 0.06]), np.array([[1.0, 0.1], [0.1, 1.0]])),
        tuple(_held(line, holdings) for line in lines),
        (
            gross_limit(1.2),
            Limit(
                limit_id="reserve-rule",
                lower=0.0,
                reserve=ReserveMeasure(default_rate=0.1, posted_margin_counts=True),
            ),
        ),
        nav_amount=NAV,
        objective=Objective(
            maximize_utility=MaximizeUtility(total_risk_aversion=3.0), holding_period_years=1.0
        ),
    )
    return replace(problem, portfolio=replace(problem.portfolio, as_of_date=DAY))


def fund_with_dealer(most_posted: float) -> AllocationProblem:
    """Bills with a haircut of one half beside cash without; the broker may hold so much of them."""
    asked = fund()
    *others, cash = asked.portfolio.lines
    terms = CollateralTerms(margin_pool_id="broker", haircut=0.5)
    bills = replace(
        cash,
        line_id="bills",
        current_fraction=0.05,
        reserve_tier=replace(cash.reserve_tier, variation_margin_eligible=False, collateral_terms=(terms,)),
    )
    pool = replace(asked.portfolio.margin_pools[0], counterparty_id="dealer")
    limit = Limit(
        limit_id="with-dealer",
        upper=most_posted,
        counterparty=CounterpartyMeasure(
            counterparty_ids=("dealer",), exposure=CounterpartyExposure.POSTED_MARGIN
        ),
    )
    return replace(
        asked,
        portfolio=replace(
            asked.portfolio,
            lines=(*others, bills, replace(cash, current_fraction=cash.current_fraction - 0.05)),
            margin_pools=(pool,),
            counterparties=(Counterparty(counterparty_id="dealer"),),
        ),
        mandate=replace(asked.mandate, limits=(*asked.mandate.limits, limit)),
    )


def _held(line: Line, holdings: dict[str, float]) -> Line:
    line = replace(
        line, current_fraction=holdings[line.line_id], trading_cost=TradingCost(linear_rate=0.0002)
    )
    if line.overlay is None:
        return line
    return replace(line, overlay=replace(line.overlay, contract=CONTRACT))


def marks(day: datetime.date = DAY, *, price: float = 112.5, nav: float = NAV) -> Marks:
    """Today's marks of every line as it is held, the future's price as given and cash the rest."""
    amounts = {name: part * NAV for name, part in HOLDINGS.items() if name not in {"bond_future", "cash"}}
    amounts["cash"] = nav - sum(amounts.values())
    values = [LineMark(line_id=name, market_value_amount=amount) for name, amount in amounts.items()]
    values.append(LineMark(line_id="bond_future", contract_count=670, price=price))
    return Marks(as_of_date=day, nav_amount=nav, line_marks=tuple(values))
