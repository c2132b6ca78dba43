"""A valid problem with every kind of line, and the measures and forms that most portfolios have."""

import datetime

import numpy as np

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    CollateralTerms,
    ContractTerms,
    CreditLine,
    Driver,
    DriverGroup,
    DriverScope,
    DriverValue,
    EvidenceRule,
    ExpectedAlpha,
    ExpectedReturn,
    ExposureMeasure,
    FactorEvidence,
    FundedBeta,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    Line,
    LineGroup,
    LineKind,
    LineScope,
    LineValue,
    Mandate,
    MarginPool,
    MarketModel,
    MaximizeUtility,
    Objective,
    OutrightMargin,
    Overlay,
    PositionMeasure,
    RectangularMatrix,
    ReferenceBetaMeasure,
    ReserveMeasure,
    ReserveTier,
    RiskMeasure,
    RiskModel,
    RiskStatistic,
    RollAnchor,
    RollTerms,
    SymmetricMatrix,
    TotalPortfolio,
    UnfundedAccount,
    VolatilityCorrelation,
)


def _market():
    return MarketModel(
        annual_risk_free_rate=0.04,
        drivers=(
            Driver(
                driver_id="equity", display_name="Équité", expected_return=ExpectedReturn(annual_excess=0.045)
            ),
            Driver(driver_id="rates", expected_return=ExpectedReturn(annual_total=0.045)),
            Driver(driver_id="credit", expected_return=ExpectedReturn(annual_excess=0)),
        ),
        risk_model=RiskModel(
            volatility_correlation=VolatilityCorrelation(
                annual_volatilities=(
                    DriverValue(driver_id="equity", value=0.16),
                    DriverValue(driver_id="rates", value=0.06),
                    DriverValue(driver_id="credit", value=0.0),
                ),
                correlation=SymmetricMatrix(
                    axis_ids=("rates", "equity", "credit"),
                    lower_triangle=np.array([1.0, -0.2, 1.0, 0.1, 0.5, 1.0]),
                ),
            )
        ),
        driver_groups=(DriverGroup(driver_group_id="growth", driver_ids=("equity", "credit")),),
    )


def _lines():
    equity = (DriverValue(driver_id="equity", value=1.0),)
    return (
        Line(
            line_id="fund",
            loadings=equity,
            annual_residual_volatility=0.0,
            current_fraction=0.7,
            minimum_fraction=0.0,
            maximum_fraction=1.0,
            underlying_id="index",
            funded_beta=FundedBeta(annual_fee=0.0005),
        ),
        Line(
            line_id="future",
            loadings=equity,
            annual_residual_volatility=0.0,
            minimum_fraction=-0.5,
            overlay=Overlay(
                margin_pool_id="fcm",
                initial_margin_rate=0.05,
                annual_financing_spread=0.004,
                annual_roll_cost=0.0003,
                leverage_weight=1.0,
                physical_line_id="fund",
                duration_years=6.1,
                contract=ContractTerms(
                    point_value_amount=1_000.0,
                    price=112.5,
                    dv01_amount=65.0,
                    symbol="TY",
                    roll=RollTerms(
                        contract_year=2025,
                        contract_month=12,
                        anchor=RollAnchor.FIRST_OF_MONTH,
                        weekdays_before=3,
                        next_price=112.0,
                        next_dv01_amount=66.0,
                    ),
                ),
            ),
        ),
        Line(
            line_id="neutral",
            annual_residual_volatility=0.05,
            alpha_sleeve=AlphaSleeve(
                expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=0.015)),
                evidence=FactorEvidence(r_squared=0.22, observation_count=84),
                look_through_leverage=2.0,
                capacity_amount=250e6,
            ),
        ),
        Line(
            line_id="account",
            annual_residual_volatility=0.05,
            alpha_sleeve=AlphaSleeve(
                expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_cash=0.0)),
                evidence=FactorEvidence(r_squared=0.9, observation_count=12),
                unfunded_account=UnfundedAccount(margin_pool_id="fcm", initial_margin_rate=0.1),
            ),
        ),
        Line(
            line_id="bills",
            annual_residual_volatility=0.0,
            reserve_tier=ReserveTier(
                annual_cash_drag=-0.001,
                cash_equivalent=True,
                variation_margin_eligible=False,
                collateral_terms=(
                    CollateralTerms(margin_pool_id="fcm", haircut=0.0, maximum_margin_share=1.0),
                ),
            ),
        ),
        Line(
            line_id="revolver",
            annual_residual_volatility=0.0,
            credit_line=CreditLine(committed_amount=20e6, annual_borrowing_spread=0.012),
        ),
    )


def _limits():
    betas = LineScope(kinds=(LineKind.FUNDED_BETA,), line_ids=("future",), excluded_line_ids=("fund",))
    return (
        Limit(
            limit_id="position",
            lower=0.0,
            upper=0.5,
            position=PositionMeasure(lines=betas, aggregation=Aggregation.EACH),
        ),
        Limit(
            limit_id="exposure",
            lower=0.7,
            upper=0.7,
            exposure=ExposureMeasure(
                drivers=DriverScope(driver_group_ids=("growth",)),
                aggregation=Aggregation.SUM,
                lines=LineScope(all_lines=True),
                relative_to_reference=True,
            ),
        ),
        Limit(limit_id="beta", lower=0.95, upper=1.05, reference_beta=ReferenceBetaMeasure()),
        Limit(
            limit_id="leverage",
            upper=1.5,
            leverage=LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL),
        ),
        Limit(
            limit_id="risk",
            upper=0.02,
            risk=RiskMeasure(
                statistic=RiskStatistic.TOTAL_VOLATILITY,
                lines=LineScope(line_group_ids=("alphas",)),
                drivers=DriverScope(all_drivers=True),
            ),
        ),
        Limit(
            limit_id="reserve",
            lower=0.0,
            reserve=ReserveMeasure(
                default_rate=0.15,
                posted_margin_counts=True,
                rates=(LineValue(line_id="future", value=0.41), LineValue(line_id="account", value=0.2)),
            ),
        ),
    )


def plain_problem():
    """A pension fund with a future, two sleeves, a reserve and a credit line."""
    return AllocationProblem(
        market=_market(),
        portfolio=TotalPortfolio(
            portfolio_id="pension",
            as_of_date=datetime.date(2025, 11, 28),
            base_currency_code="USD",
            nav_amount=500_000_000,
            lines=_lines(),
            loading_matrix=RectangularMatrix(
                row_ids=("neutral", "account"),
                column_ids=("equity", "rates"),
                values=np.array([0.1, 0.0, 0.2, -0.1]),
            ),
            margin_pools=(MarginPool(margin_pool_id="fcm", outright=OutrightMargin()),),
            line_groups=(LineGroup(line_group_id="alphas", line_ids=("neutral", "account")),),
        ),
        mandate=Mandate(
            mandate_id="policy",
            reference_exposures=(DriverValue(driver_id="equity", value=0.7),),
            limits=_limits(),
            evidence_rule=EvidenceRule(charge_r_squared=0.2, minimum_observation_count=24),
        ),
        objective=Objective(maximize_utility=MaximizeUtility(active_risk_aversion=3.0)),
    )
