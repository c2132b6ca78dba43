"""A valid problem that uses every part of the contract, and ways to break it."""

import dataclasses
import datetime
import re

import numpy as np
import pytest

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    CollateralTerms,
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
    SymmetricMatrix,
    TotalPortfolio,
    UnfundedAccount,
    VolatilityCorrelation,
)
from counterpoise.validate import problem_violations


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


@pytest.fixture
def problem():
    """A valid problem."""
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


def _put(instance, steps, value):
    step, *rest = steps
    if isinstance(step, int):
        elements = list(instance)
        elements[step] = _put(elements[step], rest, value) if rest else value
        return tuple(elements)
    new = _put(getattr(instance, step), rest, value) if rest else value
    return dataclasses.replace(instance, **{step: new})


@pytest.fixture
def put():
    """Function (instance, path, value): a copy with another value at the path."""

    def put_at(instance, path, value):
        steps = [
            int(index) if index else name
            for name, index in re.findall(r"(\w+)|\[(\d+)\]", path)
            if name or index
        ]
        steps = [int(step) if isinstance(step, str) and step.isdecimal() else step for step in steps]
        return _put(instance, steps, value)

    return put_at


@pytest.fixture
def broken(problem, put):
    """Function (path, value, ...): the violations of the problem with these values, as (field, reason)."""

    def violations(*changes):
        changed = problem
        for path, value in zip(changes[::2], changes[1::2], strict=True):
            changed = put(changed, path, value)
        return [(violation.field, violation.reason.name) for violation in problem_violations(changed)]

    return violations
