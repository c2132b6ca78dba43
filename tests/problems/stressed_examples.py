"""Worked examples under scenarios: 60/40 with an overlay, a programme in 2008 and 2020."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    CollateralTerms,
    Driver,
    DriverShock,
    DriverValue,
    ExpectedAlpha,
    ExpectedReturn,
    FactorEvidence,
    Limit,
    Line,
    LineShock,
    LineValue,
    LiquidityCoverageMeasure,
    LiquidityPoint,
    MarginMultiplier,
    MissingShockRule,
    ReserveTier,
    Scenario,
    ScenarioScope,
)
from tests.golden_problems import market, overlay, problem_of, sixty_forty_with_overlay

EQUITY = Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.05))
MARKET = market((EQUITY,), np.array([0.16]), np.array([[1.0]]))
OVERLAY = 0.5
MARGIN_RATE = 0.054
FUND_BETA = 0.2
ALPHA = 0.03
CASH_DRAG = 0.002
HORIZONS = (1, 5, 20, 23, 63)
FALL_2008 = ((63, -0.300),)
FALL_2020 = ((1, -0.120), (5, -0.183), (20, -0.309), (23, -0.341))
FUNDS_2008 = -0.135
FUNDS_2020 = -0.083
MULTIPLIER_2020 = 1.82


def falling(name: str, fall: float) -> Scenario:
    """Equities fall at once; nothing else moves."""
    return Scenario(
        scenario_id=name,
        driver_shocks=(DriverShock(driver_id="equity", shock=fall),),
        missing_shock_rule=MissingShockRule.REFUSE,
    )


def sixty_forty(falls: tuple[float, ...]) -> AllocationProblem:
    """60/40 with 30 % equity futures, held as it is pinned, under falls of equities."""
    problem = sixty_forty_with_overlay()
    held = {"equity_fund": 0.6, "equity_future": 0.3, "treasuries": 0.4}
    lines = tuple(
        dataclasses.replace(line, current_fraction=held[line.line_id]) for line in problem.portfolio.lines
    )
    return dataclasses.replace(
        problem,
        portfolio=dataclasses.replace(problem.portfolio, lines=lines),
        scenarios=tuple(falling(f"fall-{number}", fall) for number, fall in enumerate(falls)),
    )


Path = tuple[tuple[int, float], ...]


def window(name: str, fall: Path, funds: float, multiplier: float | None) -> Scenario:
    """A window of history: equities along a path, funds at their whole loss, every fund gated."""
    day, total = fall[-1]
    shocks = tuple(DriverShock(driver_id="equity", shock=move, horizon_trading_days=by) for by, move in fall)
    # The fund's own shock is what its betas do not explain.
    own = LineShock(line_id="funds", shock=funds - FUND_BETA * total, horizon_trading_days=day)
    factors = () if multiplier is None else (MarginMultiplier(multiplier=multiplier, line_id="future"),)
    return Scenario(
        scenario_id=name,
        driver_shocks=shocks,
        line_shocks=(own,),
        missing_shock_rule=MissingShockRule.REFUSE,
        margin_multipliers=factors,
        gated_shares=(LineValue(line_id="funds", value=1.0),),
    )


def windows() -> tuple[Scenario, Scenario]:
    """2008, where no multiplier for equity margin was found, and 2020."""
    return (
        window("2008", FALL_2008, FUNDS_2008, None),
        window("2020", FALL_2020, FUNDS_2020, MULTIPLIER_2020),
    )


def programme(
    *, reserve: float | None = None, coverage: float | None = None, least_funds: float | None = None
) -> AllocationProblem:
    """Half of NAV in S&P futures, the capital in funds of hedge funds and in cash.

    `reserve` is what is held in cash now, as a fraction of the futures' notional; `coverage` asks for
    sources beyond the need in both windows, NAV fraction.
    """
    cash = 0.15 * OVERLAY if reserve is None else reserve * OVERLAY
    lines = (
        overlay("future", "equity", margin_rate=MARGIN_RATE, minimum=OVERLAY, maximum=OVERLAY),
        Line(
            line_id="funds",
            loadings=(DriverValue(driver_id="equity", value=FUND_BETA),),
            annual_residual_volatility=0.05,
            liquidity=(LiquidityPoint(horizon_trading_days=63, available_share=1.0),),
            minimum_fraction=least_funds,
            alpha_sleeve=AlphaSleeve(
                expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=ALPHA)),
                evidence=FactorEvidence(r_squared=0.5, observation_count=120),
            ),
        ),
        cash_tier(("broker",)),
    )
    held = (OVERLAY, 1.0 - cash, cash)
    measure = LiquidityCoverageMeasure(
        scenarios=ScenarioScope(all_scenarios=True), horizon_trading_days=HORIZONS
    )
    limits = (
        () if coverage is None else (Limit(limit_id="coverage", lower=coverage, liquidity_coverage=measure),)
    )
    lines = tuple(
        dataclasses.replace(line, current_fraction=position)
        for line, position in zip(lines, held, strict=True)
    )
    return dataclasses.replace(problem_of("programme", MARKET, lines, limits), scenarios=windows())


def cash_tier(pools: tuple[str, ...]) -> Line:
    """Cash that pays the same day and that these pools take without haircut."""
    terms = tuple(CollateralTerms(margin_pool_id=pool_id, haircut=0.0) for pool_id in pools)
    return Line(
        line_id="cash",
        annual_residual_volatility=0.0,
        reserve_tier=ReserveTier(
            annual_cash_drag=CASH_DRAG,
            cash_equivalent=True,
            variation_margin_eligible=True,
            collateral_terms=terms,
        ),
    )
