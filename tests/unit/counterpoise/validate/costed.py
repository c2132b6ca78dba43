"""A valid problem with what the first one leaves out: costs, uncertainty, other units and other forms."""

import dataclasses
import datetime

import numpy as np

from counterpoise.model import (
    Aggregation,
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
    EvidenceRule,
    ExpectedAlpha,
    ExpectedReturn,
    ExposureMeasure,
    FactorEvidence,
    FactorForm,
    FactorNeutralityMeasure,
    FeeHurdle,
    FeeTerms,
    FundedBeta,
    Limit,
    Line,
    LineKind,
    LineScope,
    LineValue,
    Mandate,
    MarginPool,
    MarketModel,
    MeetRiskBudget,
    MinimizeCost,
    Objective,
    OutrightMargin,
    Overlay,
    PositionMeasure,
    PremiumUncertainty,
    RectangularMatrix,
    ReserveTier,
    RiskModel,
    SoftLimit,
    SymmetricMatrix,
    TotalPortfolio,
    TradingCost,
    TurnoverCount,
    TurnoverMeasure,
)

SLEEVES = ("macro", "value")


def drivers_of(**values):
    """Values by driver."""
    return tuple(DriverValue(driver_id=name, value=value) for name, value in values.items())


def correlation(axis_ids, *lower_triangle):
    """A matrix by its triangle."""
    return SymmetricMatrix(axis_ids=axis_ids, lower_triangle=np.array(lower_triangle, dtype=float))


def _market():
    return MarketModel(
        annual_risk_free_rate=0.03,
        drivers=(
            Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.04)),
            Driver(
                driver_id="rate",
                expected_return=ExpectedReturn(annual_basis_points=-5.0),
                unit=DriverUnit.BASIS_POINT,
            ),
            Driver(
                driver_id="spread",
                expected_return=ExpectedReturn(annual_basis_points=0.0),
                unit=DriverUnit.BASIS_POINT,
            ),
            Driver(
                driver_id="gold", expected_return=ExpectedReturn(annual_total=0.03), unit=DriverUnit.RETURN
            ),
        ),
        risk_model=RiskModel(
            sleeve_residual_correlation=correlation(SLEEVES, 1, 0.3, 1),
            factor_form=FactorForm(
                loadings=RectangularMatrix(
                    row_ids=("rate", "equity", "gold", "spread"),
                    column_ids=("growth", "inflation"),
                    values=np.array([40.0, 70.0, 0.14, -0.02, 0.02, 0.05, -30.0, 10.0]),
                ),
                specific_volatilities=drivers_of(equity=0.05, rate=20.0, spread=30.0, gold=0.15),
            ),
        ),
    )


def _sleeve(line_id, alpha, **terms):
    evidence = FactorEvidence(
        r_squared=0.2, observation_count=60, last_observation_date=datetime.date(2025, 9, 30)
    )
    return Line(
        line_id=line_id,
        annual_residual_volatility=0.05,
        current_fraction=0.1,
        maximum_fraction=0.2,
        counterparty_id="dealer",
        alpha_sleeve=AlphaSleeve(expected_alpha=alpha, evidence=evidence, annual_alpha_error=0.01, **terms),
    )


def _lines():
    return (
        Line(
            line_id="fund",
            loadings=drivers_of(equity=1.0),
            annual_residual_volatility=0.0,
            current_fraction=0.5,
            trading_cost=TradingCost(linear_rate=0.0005, impact_coefficient=0.01),
            valuation_date=datetime.date(2025, 11, 28),
            funded_beta=FundedBeta(annual_fee=0.0005),
        ),
        Line(
            line_id="bonds",
            loadings=drivers_of(rate=-0.0008, spread=-0.0004),
            annual_residual_volatility=0.002,
            current_fraction=0.2,
            counterparty_id="dealer",
            funded_beta=FundedBeta(annual_fee=0.001),
        ),
        Line(
            line_id="future",
            loadings=drivers_of(equity=1.0),
            annual_residual_volatility=0.001,
            current_fraction=0.0,
            trading_cost=TradingCost(linear_rate=0.0001),
            overlay=Overlay(
                margin_pool_id="fcm",
                initial_margin_rate=0.05,
                annual_financing_spread=0.004,
                annual_short_financing_spread=-0.001,
                annual_roll_cost=0.0003,
            ),
        ),
        _sleeve(
            "macro",
            ExpectedAlpha(gross_of_fees=AlphaBasis(annual_over_beta=0.05)),
            fees=FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.2, hurdle=FeeHurdle.CASH),
            redeemable_fraction=0.05,
        ),
        _sleeve("value", ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=0.02))),
        Line(
            line_id="cash",
            annual_residual_volatility=0.0,
            current_fraction=0.1,
            reserve_tier=ReserveTier(
                annual_cash_drag=0.0,
                cash_equivalent=True,
                variation_margin_eligible=True,
                collateral_terms=(CollateralTerms(margin_pool_id="fcm", haircut=0.0),),
            ),
        ),
    )


def _limits():
    every = LineScope(all_lines=True)
    sleeves = LineScope(kinds=(LineKind.ALPHA_SLEEVE,))
    return (
        Limit(
            limit_id="neutral",
            upper=0.05,
            factor_neutrality=FactorNeutralityMeasure(
                drivers=DriverScope(driver_ids=("equity", "gold")), lines=sleeves
            ),
        ),
        Limit(
            limit_id="dealers",
            upper=0.4,
            counterparty=CounterpartyMeasure(
                counterparty_ids=("bank", "dealer"), exposure=CounterpartyExposure.GROSS_POSITION
            ),
        ),
        Limit(
            limit_id="turnover",
            upper=0.2,
            turnover=TurnoverMeasure(lines=every, count=TurnoverCount.ONE_WAY),
        ),
        Limit(
            limit_id="dv01",
            lower=-0.0005,
            upper=0.0,
            soft=SoftLimit(priority=1, violation_weight=2.0),
            exposure=ExposureMeasure(
                drivers=DriverScope(driver_ids=("rate", "spread")), aggregation=Aggregation.SUM, lines=every
            ),
        ),
        Limit(
            limit_id="facing",
            upper=0.3,
            soft=SoftLimit(priority=2),
            position=PositionMeasure(
                lines=LineScope(counterparty_ids=("dealer",)), aggregation=Aggregation.SUM
            ),
        ),
        Limit(
            limit_id="posted",
            upper=0.1,
            counterparty=CounterpartyMeasure(
                counterparty_ids=("bank",), exposure=CounterpartyExposure.POSTED_MARGIN
            ),
        ),
    )


def costed_problem():
    """Costs, counterparties, soft limits, drivers in basis points, and charges for uncertainty."""
    return AllocationProblem(
        market=_market(),
        portfolio=TotalPortfolio(
            portfolio_id="endowment",
            as_of_date=datetime.date(2025, 11, 28),
            base_currency_code="USD",
            nav_amount=200e6,
            lines=_lines(),
            margin_pools=(
                MarginPool(
                    margin_pool_id="fcm",
                    counterparty_id="bank",
                    annual_margin_credit_spread=0.002,
                    outright=OutrightMargin(),
                ),
            ),
            counterparties=(
                Counterparty(counterparty_id="bank", display_name="The bank"),
                Counterparty(counterparty_id="dealer"),
            ),
        ),
        mandate=Mandate(
            mandate_id="policy",
            limits=_limits(),
            evidence_rule=EvidenceRule(maximum_evidence_age_days=200),
            maximum_valuation_age_days=30,
        ),
        objective=Objective(
            holding_period_years=2.0,
            alpha_uncertainty=AlphaUncertainty(weight=1.0, error_correlation=correlation(SLEEVES, 1, 0.5, 1)),
            premium_uncertainty=PremiumUncertainty(
                weight=0.5, annual_errors=drivers_of(equity=0.02, rate=10.0)
            ),
            minimize_cost=MinimizeCost(),
        ),
    )


def budgeted_problem():
    """The same with a risk budget for its goal."""
    shares = {"fund": 0.5, "bonds": 0.2, "macro": 0.2, "value": 0.1}
    budget = MeetRiskBudget(
        shares=tuple(LineValue(line_id=name, value=value) for name, value in shares.items()),
        total_fraction=0.8,
    )
    objective = Objective(holding_period_years=2.0, meet_risk_budget=budget)
    return dataclasses.replace(costed_problem(), objective=objective)
