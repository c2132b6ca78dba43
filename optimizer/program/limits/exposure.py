"""Exposure to drivers, and beta to the reference portfolio."""

from __future__ import annotations

import numpy as np

from counterpoise.model import Aggregation, ExposureMeasure
from optimizer.program.lines import Lines
from optimizer.program.rows import Rows, empty_rows, summed


def exposure(lines: Lines, measure: ExposureMeasure, name: str) -> Rows:
    """X = B'h over the lines that count, less the reference if asked; without bounds."""
    drivers = np.array(measure.drivers.select(lines.inputs.problem.market), dtype=np.intp)
    counted = np.array(measure.lines.select(lines.portfolio), dtype=np.intp)
    x = lines.exposure_to(drivers, counted)
    reference = lines.reference[drivers] if measure.relative_to_reference else np.zeros(len(drivers))
    if measure.aggregation is Aggregation.EACH:
        return Rows(name, x, -reference)
    if measure.aggregation is Aggregation.SUM:
        return Rows(name, summed(x), np.array([-reference.sum()]))
    return Rows(name, empty_rows(1), np.zeros(1), pairs=x, pairs_offset=reference)


def reference_beta(lines: Lines, name: str) -> Rows:
    """x_ref'S x / x_ref'S x_ref, linear in positions; without bounds."""
    weighted = lines.covariance @ lines.reference
    beta = lines.loadings @ weighted / float(lines.reference @ weighted)
    return Rows(name, lines.row(beta), np.zeros(1))
