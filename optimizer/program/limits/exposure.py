"""Exposure to drivers, and beta to the reference portfolio."""

from __future__ import annotations

import numpy as np

from counterpoise.model import Aggregation, ExposureMeasure
from optimizer.program.lines import Lines
from optimizer.program.rows import Entries, ExposureRows, InRow, Netted, Rows, empty_rows, one_row, summed


def exposure(lines: Lines, measure: ExposureMeasure, name: str) -> Rows:
    """X = B'h over the lines that count, less the reference if asked; without bounds."""
    drivers = np.array(measure.drivers.select(lines.inputs.problem.market), dtype=np.intp)
    counted = np.array(measure.lines.select(lines.portfolio), dtype=np.intp)
    reference = lines.reference[drivers] if measure.relative_to_reference else np.zeros(len(drivers))
    if measure.aggregation is Aggregation.ABSOLUTE_SUM:
        size = Netted(name, lines.exposure_to(drivers, counted), reference)
        return Rows(name, empty_rows(1), np.zeros(1), pieces=(InRow(0, size, 1.0),))
    each = Entries(len(drivers), np.arange(len(drivers)), drivers, np.ones(len(drivers)))
    if measure.aggregation is Aggregation.EACH:
        return Rows(name, empty_rows(len(drivers)), -reference, exposure=ExposureRows(counted, each))
    total = ExposureRows(counted, summed(each))
    return Rows(name, empty_rows(1), np.array([-reference.sum()]), exposure=total)


def reference_beta(lines: Lines, name: str) -> Rows:
    """x_ref'S x / x_ref'S x_ref, linear in positions; without bounds."""
    weighted = lines.covariance @ lines.reference
    beta = one_row(weighted / float(lines.reference @ weighted))
    return Rows(name, empty_rows(1), np.zeros(1), exposure=ExposureRows(np.arange(lines.count), beta))
