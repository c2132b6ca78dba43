"""Volatility limits: balls of risk."""

from __future__ import annotations

import numpy as np

from counterpoise.model import RiskMeasure, RiskStatistic
from optimizer.program.lines import Lines
from optimizer.program.rows import Ball


def risk(lines: Lines, measure: RiskMeasure, name: str, radius: float | None) -> Ball:
    """A volatility limit over the lines and drivers that it names; named drivers drop residuals."""
    every_line, every_driver = np.arange(lines.count), np.arange(len(lines.reference))
    active = measure.statistic is RiskStatistic.ACTIVE_VOLATILITY
    return Ball(
        name=name,
        spread=lines.risk,
        lines=every_line if measure.lines is None else np.array(measure.lines.select(lines.portfolio)),
        drivers=every_driver
        if measure.drivers is None
        else np.array(measure.drivers.select(lines.inputs.problem.market)),
        reference=lines.reference if active else np.zeros(len(lines.reference)),
        with_residual=measure.drivers is None,
        radius=radius,
    )
