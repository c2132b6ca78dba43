"""Worked examples of single sleeves: fees before and after, evidence on either side of the thresholds."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    Driver,
    DriverValue,
    ExpectedAlpha,
    ExpectedReturn,
    FactorEvidence,
    FeeHurdle,
    FeeTerms,
    Line,
    MaximizeNetReturn,
    Objective,
    UnfundedAccount,
)
from tests.golden_problems import market, problem_of, tier

EQUITY_PREMIUM = 0.05
EQUITY_VOLATILITY = 0.16


def sleeve_problem(
    *,
    basis: AlphaBasis,
    fees: FeeTerms | None = None,
    beta: float = 0.0,
    residual_volatility: float = 0.0,
    r_squared: float = 0.1,
    position: float = 0.5,
    unfunded: bool = False,
) -> AllocationProblem:
    """A sleeve pinned at a position, gross of fees where it has any, beside cash that posts its margin."""
    expected = ExpectedAlpha(
        net_of_fees=basis if fees is None else None, gross_of_fees=None if fees is None else basis
    )
    sleeve = Line(
        line_id="sleeve",
        loadings=(DriverValue(driver_id="equity", value=beta),) if beta else (),
        annual_residual_volatility=residual_volatility,
        minimum_fraction=position,
        maximum_fraction=position,
        alpha_sleeve=AlphaSleeve(
            expected_alpha=expected,
            evidence=FactorEvidence(r_squared=r_squared, observation_count=120),
            fees=fees,
            unfunded_account=UnfundedAccount(margin_pool_id="broker", initial_margin_rate=0.1)
            if unfunded
            else None,
        ),
    )
    equity = Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=EQUITY_PREMIUM))
    return problem_of(
        "sleeve",
        market((equity,), np.array([EQUITY_VOLATILITY]), np.eye(1)),
        (sleeve, tier("cash", posts=True)),
        (),
        nav_amount=1e9,
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
    )


def fees_of(*, management: float, performance: float, hurdle: FeeHurdle = FeeHurdle.CASH) -> FeeTerms:
    """Fee terms, shares and annual decimals."""
    return FeeTerms(annual_management_fee=management, performance_fee_rate=performance, hurdle=hurdle)


def with_room(problem: AllocationProblem) -> AllocationProblem:
    """The sleeve may be anything from nothing to everything."""
    lines = tuple(
        dataclasses.replace(line, minimum_fraction=None, maximum_fraction=None)
        for line in problem.portfolio.lines
    )
    return dataclasses.replace(problem, portfolio=dataclasses.replace(problem.portfolio, lines=lines))
