"""Exposure of alpha to factors."""

from __future__ import annotations

from counterpoise.model import Aggregation, ExposureMeasure, FactorNeutralityMeasure
from optimizer.program.limits.exposure import exposure
from optimizer.program.lines import Lines
from optimizer.program.rows import Rows


def neutrality(lines: Lines, measure: FactorNeutralityMeasure, name: str) -> Rows:
    """B_f'h over the lines, for each driver f; without bounds."""
    each = ExposureMeasure(drivers=measure.drivers, aggregation=Aggregation.EACH, lines=measure.lines)
    return exposure(lines, each, name)
