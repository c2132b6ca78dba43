"""Limits on volatility and value-at-risk: balls of risk."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from counterpoise.model import (
    TRADING_DAYS_PER_YEAR,
    CorrelationRegime,
    RiskMeasure,
    RiskStatistic,
    StressedCorrelation,
    covariance_factor,
    joint_stress,
)
from optimizer.program.lines import Lines
from optimizer.program.rows import Ball, Spread


def risk(lines: Lines, measure: RiskMeasure, name: str, radius: float | None) -> Ball:
    """A risk limit over the lines and drivers that it names; named drivers drop residuals."""
    spread = lines.risk
    if measure.regime is CorrelationRegime.STRESSED:
        spread = stressed_spread(lines)
    count = spread.loadings.shape[1]
    every_line, every_driver = np.arange(lines.count), np.arange(count)
    reference = np.concatenate([lines.reference, np.zeros(count - len(lines.reference))])
    active = measure.statistic is RiskStatistic.ACTIVE_VOLATILITY
    multiple = 1.0
    if measure.statistic is RiskStatistic.RELATIVE_VALUE_AT_RISK:
        multiple = 1.0 / float(np.linalg.norm(spread.factor.T @ reference))
    elif measure.statistic is RiskStatistic.GAUSSIAN_VALUE_AT_RISK:
        days = measure.horizon_trading_days or 0
        quantile = NormalDist().inv_cdf(measure.confidence or 0.5)
        multiple = float(quantile * np.sqrt(days / TRADING_DAYS_PER_YEAR))
    return Ball(
        name=name,
        spread=spread,
        lines=every_line if measure.lines is None else np.array(measure.lines.select(lines.portfolio)),
        drivers=every_driver
        if measure.drivers is None
        else np.array(measure.drivers.select(lines.inputs.problem.market)),
        reference=reference if active else np.zeros(count),
        with_residual=measure.drivers is None,
        radius=radius,
        multiple=multiple,
    )


def stressed_spread(lines: Lines) -> Spread:
    """The spread of bad times."""
    stressed = lines.inputs.problem.market.risk_model.stressed_correlation
    if stressed is None:
        raise ValueError("a limit on stressed risk, and no stressed correlation")
    return _by_matrix(lines) if stressed.uniform is None else _uniform(lines, stressed)


def _by_matrix(lines: Lines) -> Spread:
    market, normal = lines.inputs.problem.market, lines.risk
    matrix, _ = market.risk_model.stressed_covariance(market.driver_ids)
    return Spread(
        name="stressed risk",
        loadings=normal.loadings,
        factor=covariance_factor(matrix),
        residual=normal.residual,
        underlying=normal.underlying,
        correlated=normal.correlated,
        correlation_factor=normal.correlation_factor,
    )


def _uniform(lines: Lines, stressed: StressedCorrelation) -> Spread:
    """Drivers, then what each sleeve returns as a whole."""
    uniform, market, normal = stressed.uniform, lines.inputs.problem.market, lines.risk
    if uniform is None:
        raise ValueError("no uniform stress")
    is_sleeve = lines.each(lambda line: line.alpha_sleeve is not None) > 0.0
    sleeves = np.flatnonzero(is_sleeve)
    growth = np.array([driver_id in uniform.growth_driver_ids for driver_id in market.driver_ids])
    matrix, _ = joint_stress(
        lines.covariance, lines.loadings[sleeves], normal.residual[sleeves], uniform.correlation, growth
    )
    loadings = np.zeros((lines.count, len(matrix)))
    loadings[~is_sleeve, : len(growth)] = lines.loadings[~is_sleeve]
    loadings[sleeves, len(growth) + np.arange(len(sleeves))] = 1.0
    return Spread(
        name="stressed risk",
        loadings=loadings,
        factor=covariance_factor(matrix),
        residual=np.where(is_sleeve, 0.0, normal.residual),
        underlying=normal.underlying,
        correlated=normal.correlated,
        correlation_factor=normal.correlation_factor,
        space="stressed",
    )
