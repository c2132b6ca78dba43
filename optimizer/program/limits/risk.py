"""Volatility limits: balls of risk."""

from __future__ import annotations

import numpy as np

from counterpoise.model import RiskMeasure, RiskStatistic
from optimizer.program.lines import Lines
from optimizer.program.rows import Ball


def risk(lines: Lines, measure: RiskMeasure, name: str, radius: float | None) -> Ball:
    """A volatility limit over the lines and drivers that it names; named drivers drop residuals."""
    every_line, every_driver = np.arange(lines.count), np.arange(len(lines.reference))
    return Ball(
        name=name,
        lines=every_line if measure.lines is None else np.array(measure.lines.select(lines.portfolio)),
        drivers=every_driver
        if measure.drivers is None
        else np.array(measure.drivers.select(lines.inputs.problem.market)),
        reference=reference_of(lines, measure.statistic),
        with_residual=measure.drivers is None,
        radius=radius,
    )


def whole_portfolio(lines: Lines, statistic: RiskStatistic) -> Ball:
    """The volatility of everything, as an objective charges it."""
    return risk(lines, RiskMeasure(statistic=statistic), "objective", None)


def reference_of(lines: Lines, statistic: RiskStatistic) -> np.ndarray:
    """What a statistic subtracts from exposures."""
    return lines.reference if statistic is RiskStatistic.ACTIVE_VOLATILITY else np.zeros(len(lines.reference))
