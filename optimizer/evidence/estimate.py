"""A risk model out of histories: covariance of drivers, bad times, and sleeves as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import (
    AlphaEvidence,
    AlphaQuestion,
    CovarianceReport,
    LineEstimate,
    MarketModel,
    RegimeKind,
    RiskModelQuestion,
)
from optimizer.evidence.covariance import Covariance, estimate_covariance
from optimizer.evidence.drivers import DriverReturns, take_drivers
from optimizer.evidence.floors import floors_of, raise_drivers
from optimizer.evidence.lines import is_raised, report_line
from optimizer.evidence.regimes import Regime, find_regimes, report_regime
from optimizer.evidence.residuals import SharedResiduals, correlate_residuals
from optimizer.evidence.risk_model import build_risk_model
from optimizer.evidence.table import Table


@dataclass(frozen=True)
class RiskEstimate:
    """The answer, and what a reader has to be warned of."""

    market: MarketModel
    lines: tuple[LineEstimate, ...]
    report: CovarianceReport
    residuals: SharedResiduals | None
    """None with fewer than two sleeves that have any."""
    still: tuple[tuple[str, RegimeKind], ...]
    """Drivers that never move in a regime, where their correlation with others is taken as 0."""


def regressions_of(question: RiskModelQuestion) -> AlphaQuestion:
    """What is asked of sleeves: each, over cash, on all drivers."""
    return AlphaQuestion(
        history=question.history,
        sleeve_ids=question.sleeve_ids,
        factor_ids=tuple(driver.driver_id for driver in question.drivers),
        cash_id=question.cash_id,
        smoothing=question.smoothing,
        factor_lag_count=question.factor_lag_count,
        prior=question.prior,
        evidence_rule=question.evidence_rule,
    )


def estimate_risk(
    question: RiskModelQuestion, table: Table, evidence: Sequence[AlphaEvidence]
) -> RiskEstimate:
    """Everything that the history says of risk; `table` and `evidence` are of `regressions_of` the question.

    Covariances of a period times the periods of a year. Every sleeve has a regression.
    """
    drivers = take_drivers(question, table)
    covariance = estimate_covariance(question, drivers)
    regimes, residuals = find_regimes(question, drivers), correlate_residuals(table, evidence)
    floors, per_year = floors_of(question), drivers.periods_per_year
    unfloored = np.sqrt(per_year) * covariance.volatilities
    annual = replace(covariance, volatilities=raise_drivers(drivers.driver_ids, unfloored, floors))
    scale = np.outer(annual.volatilities, annual.volatilities)
    square = scale * covariance.correlation
    lines = tuple(report_line(item, drivers.driver_ids, square, floors) for item in evidence)
    raised = [
        name
        for name, low, high in zip(drivers.driver_ids, unfloored, annual.volatilities, strict=True)
        if low < high
    ]
    raised += [line.line_id for line in lines if is_raised(line)]
    return RiskEstimate(
        market=MarketModel(
            annual_risk_free_rate=question.annual_risk_free_rate,
            drivers=question.drivers,
            driver_groups=question.driver_groups,
            risk_model=build_risk_model(question, annual, regimes, residuals),
        ),
        lines=lines,
        report=_report(drivers, covariance, regimes, raised),
        residuals=residuals,
        still=tuple(_still(drivers, covariance, regimes)),
    )


def _still(
    drivers: DriverReturns, covariance: Covariance, regimes: Sequence[Regime]
) -> Iterator[tuple[str, RegimeKind]]:
    """Of all periods by the estimator, which may forget when a driver moved, and of others by the sample."""
    found = {regime.kind: regime.covariance for regime in regimes} | {RegimeKind.ALL: covariance}
    for kind, estimated in found.items():
        for name, volatility in zip(drivers.driver_ids, estimated.volatilities, strict=True):
            if volatility == 0.0:
                yield name, kind


def _report(
    drivers: DriverReturns, covariance: Covariance, regimes: Sequence[Regime], floored: Sequence[str]
) -> CovarianceReport:
    values = np.linalg.eigvalsh(covariance.correlation)[::-1]
    # What is less is not told from zero.
    is_regular = values[-1] > len(values) * np.finfo(float).eps * values[0]
    return CovarianceReport(
        period_count=len(drivers.periods),
        first_date=drivers.dates[0],
        last_date=drivers.dates[-1],
        missing_period_count=drivers.missing_period_count,
        gap_period_count=drivers.gap_period_count,
        effective_period_count=covariance.effective_period_count,
        eigenvalues=tuple(float(value) for value in values),
        condition_number=float(values[0] / values[-1]) if is_regular else None,
        shrinkage=covariance.shrinkage,
        explained_share=covariance.explained_share,
        largest_correlation_change=covariance.largest_correlation_change,
        floored_column_ids=tuple(floored),
        regimes=tuple(report_regime(regime, drivers) for regime in regimes),
    )
