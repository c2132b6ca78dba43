"""Conditional value-at-risk over a return sample."""

from __future__ import annotations

import numpy as np

from counterpoise.model import ConditionalValueAtRiskMeasure, FloatArray
from optimizer.program.lines import Lines
from optimizer.program.rows import Entries, ExposureRows, InRow, Rows, Tail, empty_rows


def tail(lines: Lines, measure: ConditionalValueAtRiskMeasure, name: str) -> Rows:
    """T + sum of what losses are beyond t, over the number that counts; without bounds."""
    problem = lines.inputs.problem
    sample = next(
        item for item in problem.return_samples if item.return_sample_id == measure.return_sample_id
    )
    place = {driver_id: column for column, driver_id in enumerate(sample.outcomes.column_ids)}
    outcomes = sample.outcomes.to_array()[:, [place[driver_id] for driver_id in problem.market.driver_ids]]
    most = min(1.0, 1.0 / ((1.0 - measure.confidence) * len(outcomes)))
    worst = Tail(name, losses_of(lines, outcomes), most)
    return Rows(name, empty_rows(1), np.zeros(1), pieces=(InRow(0, worst, 1.0),))


def losses_of(lines: Lines, outcomes: FloatArray) -> ExposureRows:
    """-W x over the exposures of all lines, one row for every outcome."""
    row, driver = np.nonzero(outcomes)
    return ExposureRows(np.arange(lines.count), Entries(len(outcomes), row, driver, -outcomes[row, driver]))
