"""A total portfolio that uses every part of the contract: costs, fees, basis points, soft limits."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    AlphaUncertainty,
    CollateralTerms,
    Counterparty,
    CounterpartyExposure,
    CounterpartyMeasure,
    Driver,
    DriverScope,
    DriverUnit,
    DriverValue,
    ExpectedAlpha,
    ExpectedReturn,
    FactorEvidence,
    FactorNeutralityMeasure,
    FeeHurdle,
    FeeTerms,
    FundedBeta,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    Line,
    LineKind,
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
    RiskMeasure,
    RiskModel,
    RiskStatistic,
    SoftLimit,
    SymmetricMatrix,
    TotalPortfolio,
    TradingCost,
    TurnoverCount,
    TurnoverMeasure,
    VolatilityCorrelation,
)

NAV = 2e9
YEARS = 2.0
_IDS = ("equity", "rate_10y", "ig_spread")


def problem() -> AllocationProblem:
    """Equity, a key rate and a spread; three sleeves, two brokers; costs, soft limits, turnover."""
    return AllocationProblem(
        market=_market(), portfolio=_portfolio(), mandate=_mandate(), objective=_objective()
    )


def _objective() -> Objective:
    return Objective(
        holding_period_years=YEARS,
        alpha_uncertainty=AlphaUncertainty(weight=0.5),
        maximize_net_return=MaximizeNetReturn(),
    )


def _market() -> MarketModel:
    rate = ExpectedReturn(annual_basis_points=-5.0)
    basis_point = DriverUnit.BASIS_POINT
    correlation = np.array([[1.0, 0.1, -0.5], [0.1, 1.0, -0.2], [-0.5, -0.2, 1.0]])
    return MarketModel(
        annual_risk_free_rate=0.04,
        drivers=(
            Driver(
                driver_id="equity",
                display_name="World equity",
                expected_return=ExpectedReturn(annual_excess=0.045),
            ),
            Driver(
                driver_id="rate_10y", display_name="Ten-year rate", expected_return=rate, unit=basis_point
            ),
            Driver(driver_id="ig_spread", display_name="IG spread", expected_return=rate, unit=basis_point),
        ),
        risk_model=RiskModel(
            sleeve_residual_correlation=SymmetricMatrix.from_square(
                ("multi-strategy", "macro"), np.array([[1.0, 0.3], [0.3, 1.0]])
            ),
            volatility_correlation=VolatilityCorrelation(
                annual_volatilities=tuple(
                    DriverValue(driver_id=driver_id, value=value)
                    for driver_id, value in zip(_IDS, (0.16, 95.0, 40.0), strict=True)
                ),
                correlation=SymmetricMatrix.from_square(_IDS, correlation),
            ),
        ),
    )


def _line(line_id: str, name: str, current: float, residual: float = 0.0, **loadings: float) -> Line:
    """A line of no kind yet; trading costs 5 bp."""
    return Line(
        line_id=line_id,
        display_name=name,
        loadings=tuple(
            DriverValue(driver_id=driver_id, value=value) for driver_id, value in loadings.items()
        ),
        annual_residual_volatility=residual,
        current_fraction=current,
        trading_cost=TradingCost(linear_rate=0.0005),
    )


def _sleeve(alpha: AlphaBasis, r_squared: float, months: int, fees: FeeTerms | None) -> AlphaSleeve:
    basis = ExpectedAlpha(gross_of_fees=alpha) if fees is not None else ExpectedAlpha(net_of_fees=alpha)
    return AlphaSleeve(
        expected_alpha=basis,
        evidence=FactorEvidence(r_squared=r_squared, observation_count=months),
        fees=fees,
        annual_alpha_error=0.01,
    )


def _portfolio() -> TotalPortfolio:
    fees = FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.15, hurdle=FeeHurdle.CASH)
    multi = _sleeve(AlphaBasis(annual_over_beta=0.045), 0.35, 84, fees)
    macro = _sleeve(AlphaBasis(annual_over_cash=0.05), 0.15, 30, fees)
    neutral = _sleeve(AlphaBasis(annual_over_beta=0.012), 0.2, 120, None)
    terms = tuple(CollateralTerms(margin_pool_id=pool, haircut=0.01) for pool in ("clearing-a", "clearing-b"))
    tier = ReserveTier(
        annual_cash_drag=0.0, cash_equivalent=True, variation_margin_eligible=True, collateral_terms=terms
    )
    overlay = Overlay(
        margin_pool_id="clearing-a",
        initial_margin_rate=0.06,
        annual_financing_spread=0.003,
        annual_roll_cost=0.0005,
        physical_line_id="equity-fund",
    )
    return TotalPortfolio(
        portfolio_id="total-fund",
        as_of_date=datetime.date(2025, 11, 28),
        base_currency_code="USD",
        nav_amount=NAV,
        lines=(
            replace(
                _line("equity-fund", "World equity fund", 0.45, equity=1.0),
                funded_beta=FundedBeta(annual_fee=0.0005),
            ),
            replace(
                _line("bond-fund", "Corporate bond fund", 0.30, rate_10y=-0.00065, ig_spread=-0.0006),
                funded_beta=FundedBeta(annual_fee=0.001),
            ),
            replace(_line("equity-futures", "Equity futures", 0.05, equity=1.0), overlay=overlay),
            replace(
                _line("bond-futures", "Ten-year note futures", 0.0, rate_10y=-0.0008),
                overlay=replace(overlay, margin_pool_id="clearing-b", physical_line_id="bond-fund"),
            ),
            replace(
                _line("multi-strategy", "Multi-strategy fund", 0.12, 0.06, equity=0.2),
                alpha_sleeve=replace(multi, redeemable_fraction=0.02),
            ),
            replace(_line("macro", "Macro fund", 0.08, 0.07), alpha_sleeve=macro),
            replace(_line("neutral", "Market-neutral fund", 0.0, 0.05, equity=0.05), alpha_sleeve=neutral),
            replace(_line("cash", "Cash", 0.05), reserve_tier=tier),
        ),
        margin_pools=(
            MarginPool(
                margin_pool_id="clearing-a",
                counterparty_id="bank-a",
                annual_margin_credit_spread=0.002,
                outright=OutrightMargin(),
            ),
            MarginPool(margin_pool_id="clearing-b", counterparty_id="bank-b", outright=OutrightMargin()),
        ),
        counterparties=(
            Counterparty(counterparty_id="bank-a", display_name="Bank A"),
            Counterparty(counterparty_id="bank-b", display_name="Bank B"),
            Counterparty(counterparty_id="bank-c"),
        ),
    )


def _mandate() -> Mandate:
    sleeves = LineScope(kinds=(LineKind.ALPHA_SLEEVE,))
    return Mandate(
        mandate_id="board-2025",
        reference_exposures=(
            DriverValue(driver_id="equity", value=0.6),
            DriverValue(driver_id="rate_10y", value=-0.00026),
            DriverValue(driver_id="ig_spread", value=-0.0001),
        ),
        limits=(
            Limit(
                limit_id="gross-cap",
                display_name="Gross leverage cap",
                upper=1.3,
                leverage=LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL),
            ),
            Limit(
                limit_id="turnover",
                display_name="Turnover cap",
                upper=0.2,
                turnover=TurnoverMeasure(lines=LineScope(all_lines=True), count=TurnoverCount.ONE_WAY),
            ),
            Limit(
                limit_id="neutral-to-equity",
                display_name="Sleeves neutral to equity",
                upper=0.02,
                soft=SoftLimit(priority=1),
                factor_neutrality=FactorNeutralityMeasure(
                    drivers=DriverScope(driver_ids=("equity",)), lines=sleeves
                ),
            ),
            Limit(
                limit_id="rate-risk",
                display_name="Rate exposure of sleeves",
                upper=1e-5,
                factor_neutrality=FactorNeutralityMeasure(
                    drivers=DriverScope(driver_ids=("rate_10y",)), lines=sleeves
                ),
            ),
            Limit(
                limit_id="margin-at-a-bank",
                display_name="Margin at one bank",
                upper=0.02,
                counterparty=CounterpartyMeasure(
                    counterparty_ids=("bank-a", "bank-b"), exposure=CounterpartyExposure.POSTED_MARGIN
                ),
            ),
            Limit(
                limit_id="active-risk",
                display_name="Active risk limit",
                upper=0.03,
                soft=SoftLimit(priority=2),
                risk=RiskMeasure(statistic=RiskStatistic.ACTIVE_VOLATILITY),
            ),
            Limit(
                limit_id="reserve",
                display_name="Reserve for overlays",
                lower=0.0,
                reserve=ReserveMeasure(default_rate=0.1, posted_margin_counts=True),
            ),
        ),
    )
