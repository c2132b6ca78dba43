"""Worked examples as problems: the pension fund, the retail account, 60/40 with an overlay, pinned books."""

from __future__ import annotations

import datetime
from typing import Literal

import numpy as np

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    CollateralTerms,
    Driver,
    DriverScope,
    DriverValue,
    ExpectedAlpha,
    ExpectedReturn,
    ExposureMeasure,
    FactorEvidence,
    FloatArray,
    FundedBeta,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    Line,
    LineScope,
    Mandate,
    MarginPool,
    MarketModel,
    MaximizeNetReturn,
    Objective,
    OutrightMargin,
    Overlay,
    ReserveMeasure,
    ReserveTier,
    RiskModel,
    SymmetricMatrix,
    TotalPortfolio,
    VolatilityCorrelation,
)

CASH = 0.04
AlphaDeclaration = Literal["annual_over_cash", "annual_over_beta", "annual_total", "undeclared"]


def market(drivers: tuple[Driver, ...], volatilities: FloatArray, correlation: FloatArray) -> MarketModel:
    """A market at 4 % cash."""
    ids = tuple(driver.driver_id for driver in drivers)
    return MarketModel(
        annual_risk_free_rate=CASH,
        drivers=drivers,
        risk_model=RiskModel(
            volatility_correlation=VolatilityCorrelation(
                annual_volatilities=tuple(
                    DriverValue(driver_id=driver_id, value=float(value))
                    for driver_id, value in zip(ids, volatilities, strict=True)
                ),
                correlation=SymmetricMatrix.from_square(ids, correlation),
            )
        ),
    )


def problem_of(
    name: str,
    market_model: MarketModel,
    lines: tuple[Line, ...],
    limits: tuple[Limit, ...],
    *,
    nav_amount: float = 1.0,
    objective: Objective | None = None,
    reference_exposures: tuple[DriverValue, ...] = (),
) -> AllocationProblem:
    """A problem with one outright pool, `broker`; the objective is net return unless given."""
    return AllocationProblem(
        market=market_model,
        portfolio=TotalPortfolio(
            portfolio_id=name,
            as_of_date=datetime.date(2025, 6, 30),
            base_currency_code="USD",
            nav_amount=nav_amount,
            lines=lines,
            margin_pools=(MarginPool(margin_pool_id="broker", outright=OutrightMargin()),),
        ),
        mandate=Mandate(mandate_id=name, limits=limits, reference_exposures=reference_exposures),
        objective=objective or Objective(maximize_net_return=MaximizeNetReturn()),
    )


def funded(
    line_id: str,
    driver_id: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    annual_fee: float = 0.0,
    residual: float = 0.0,
) -> Line:
    """A fund on one driver."""
    return Line(
        line_id=line_id,
        loadings=(DriverValue(driver_id=driver_id, value=1.0),),
        annual_residual_volatility=residual,
        minimum_fraction=minimum,
        maximum_fraction=maximum,
        funded_beta=FundedBeta(annual_fee=annual_fee),
    )


def overlay(
    line_id: str,
    driver_id: str,
    *,
    margin_rate: float,
    annual_roll_cost: float = 0.0,
    minimum: float | None = None,
    maximum: float | None = None,
    leverage_weight: float | None = None,
) -> Line:
    """A future on one driver, margined at the broker."""
    return Line(
        line_id=line_id,
        loadings=(DriverValue(driver_id=driver_id, value=1.0),),
        annual_residual_volatility=0.0,
        minimum_fraction=minimum,
        maximum_fraction=maximum,
        overlay=Overlay(
            margin_pool_id="broker",
            initial_margin_rate=margin_rate,
            annual_financing_spread=0.0,
            annual_roll_cost=annual_roll_cost,
            leverage_weight=leverage_weight,
        ),
    )


def tier(line_id: str, *, posts: bool, cash_equivalent: bool = True, annual_cash_drag: float = 0.0) -> Line:
    """A reserve tier; the broker takes it without haircut where it `posts`."""
    return Line(
        line_id=line_id,
        annual_residual_volatility=0.0,
        reserve_tier=ReserveTier(
            annual_cash_drag=annual_cash_drag,
            cash_equivalent=cash_equivalent,
            variation_margin_eligible=True,
            collateral_terms=(CollateralTerms(margin_pool_id="broker", haircut=0.0),) if posts else (),
        ),
    )


def gross_limit(upper: float) -> Limit:
    """A cap on gross notional leverage, `gross-cap`."""
    measure = LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL)
    return Limit(limit_id="gross-cap", upper=upper, leverage=measure)


def exposure_target(driver_id: str, target: float) -> Limit:
    """Pins the exposure to a driver, all lines included: `keep-<driver>`."""
    return Limit(
        limit_id=f"keep-{driver_id}",
        lower=target,
        upper=target,
        exposure=ExposureMeasure(
            drivers=DriverScope(driver_ids=(driver_id,)),
            aggregation=Aggregation.EACH,
            lines=LineScope(all_lines=True),
        ),
    )


def pension(
    *,
    reserve_rate: float = 0.1,
    margin_rate: float = 0.0666667,
    posted_counts: bool = True,
    gross_cap: float = 1.3,
    alpha_basis: AlphaDeclaration = "annual_over_cash",
    alpha_pinned: float | None = None,
) -> AllocationProblem:
    """The pension fund: 70 % other assets, 30 % bond exposure by fund or overlay, the rest for alpha.

    `alpha_pinned` pins the sleeve, and the overlay at .30, for books whose numbers were published.
    """
    sleeve = Line(
        line_id="alpha",
        annual_residual_volatility=0.06,
        minimum_fraction=alpha_pinned,
        maximum_fraction=alpha_pinned,
        alpha_sleeve=AlphaSleeve(
            expected_alpha=ExpectedAlpha(
                net_of_fees=AlphaBasis(
                    annual_over_cash=0.015 if alpha_basis == "annual_over_cash" else None,
                    annual_over_beta=0.015 if alpha_basis == "annual_over_beta" else None,
                    annual_total=0.015 if alpha_basis == "annual_total" else None,
                )
            ),
            evidence=FactorEvidence(r_squared=0.1, observation_count=120),
        ),
    )
    pinned_overlay = None if alpha_pinned is None else 0.3
    bond_future = overlay(
        "bond_future",
        "bonds",
        margin_rate=margin_rate,
        annual_roll_cost=0.006,
        minimum=pinned_overlay,
        maximum=pinned_overlay,
    )
    rule = ReserveMeasure(default_rate=reserve_rate, posted_margin_counts=posted_counts)
    return problem_of(
        "pension",
        market(
            (
                Driver(driver_id="other", expected_return=ExpectedReturn(annual_excess=0.03)),
                Driver(driver_id="bonds", expected_return=ExpectedReturn(annual_excess=0.005)),
            ),
            np.array([0.14, 0.06]),
            np.array([[1.0, 0.1], [0.1, 1.0]]),
        ),
        (
            funded("other_assets", "other", minimum=0.7, maximum=0.7),
            funded("bond_fund", "bonds"),
            bond_future,
            sleeve,
            tier("cash", posts=True),
        ),
        (
            exposure_target("bonds", 0.3),
            gross_limit(gross_cap),
            Limit(limit_id="reserve-rule", lower=0.0, reserve=rule),
        ),
    )


EQUITY = Driver(driver_id="equity", expected_return=ExpectedReturn(annual_total=0.10))
EQUITY_MARKET = market((EQUITY,), np.array([0.16]), np.array([[1.0]]))


def retail(*, posted_in_treasuries: bool) -> AllocationProblem:
    """200,000 in Treasuries, 30 % equity by the future; margin in Treasuries or in idle cash."""
    lines = [
        overlay("equity_future", "equity", margin_rate=0.10),
        tier("treasuries", posts=posted_in_treasuries, cash_equivalent=False),
    ]
    if not posted_in_treasuries:
        lines.append(tier("idle_cash", posts=True, annual_cash_drag=0.04))
    return problem_of(
        "retail", EQUITY_MARKET, tuple(lines), (exposure_target("equity", 0.3),), nav_amount=200_000.0
    )


def unlevered_seventy_thirty() -> AllocationProblem:
    """70 % Treasuries, 30 % equity fund: what the retail account is compared with."""
    return problem_of(
        "unlevered",
        EQUITY_MARKET,
        (funded("equity_fund", "equity"), tier("treasuries", posts=False, cash_equivalent=False)),
        (exposure_target("equity", 0.3),),
        nav_amount=200_000.0,
    )


def sixty_forty_with_overlay() -> AllocationProblem:
    """60 % equity fund, 40 % Treasuries that also carry the margin of 30 % equity futures: gross 1.3."""
    return problem_of(
        "sixty_forty",
        EQUITY_MARKET,
        (
            funded("equity_fund", "equity", minimum=0.6, maximum=0.6),
            overlay("equity_future", "equity", margin_rate=0.05, minimum=0.3, maximum=0.3),
            tier("treasuries", posts=True, cash_equivalent=False),
        ),
        (),
    )


def euler_book() -> AllocationProblem:
    """Three pinned positions whose Euler shares are known, one driver each, and cash."""
    correlation = np.array([[1.0, -0.2, 0.3], [-0.2, 1.0, 0.0], [0.3, 0.0, 1.0]])
    drivers = tuple(
        Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=0.02))
        for name in ("one", "two", "three")
    )
    return problem_of(
        "euler",
        market(drivers, np.array([0.16, 0.06, 0.08]), correlation),
        (
            funded("line-1", "one", minimum=0.7, maximum=0.7),
            overlay("line-2", "two", margin_rate=0.05, minimum=0.6, maximum=0.6),
            overlay("line-3", "three", margin_rate=0.05, minimum=0.25, maximum=0.25),
            tier("cash", posts=True),
        ),
        (gross_limit(2.0),),
    )


def treasury_futures(weights: dict[str, float]) -> AllocationProblem:
    """A tenth of NAV in each future, counted in ten-year equivalents; the rest is cash."""
    driver = Driver(driver_id="rates", expected_return=ExpectedReturn(annual_excess=0.005))
    lines = tuple(
        overlay(name, "rates", margin_rate=0.02, minimum=0.1, maximum=0.1, leverage_weight=weight)
        for name, weight in weights.items()
    )
    return problem_of(
        "futures",
        market((driver,), np.array([0.06]), np.array([[1.0]])),
        (*lines, tier("cash", posts=True)),
        (gross_limit(1.5),),
    )
