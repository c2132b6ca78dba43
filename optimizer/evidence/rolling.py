"""Regressions over windows that move on by one period."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from counterpoise.model import RollingRegression
from optimizer.evidence.sample import Sample
from optimizer.evidence.table import Table

_STANDS_STILL = 1e-12
"""What moves by less than this part of its size, squared, does not."""


def report_rolling(table: Table, sample: Sample) -> tuple[RollingRegression, ...]:
    """One for every window of that many periods of the sample, in time order; none unless asked for.

    A window in which the factors are not told apart, as where one of them stands still, is left out.
    Returns are those after the treatment of smoothing, with one filter from the whole history: windows show
    how loadings moved, and not what was known at their ends. A filter for each window would hang on its few
    periods, with an error of about 1 / sqrt(periods), and move the loadings by itself.
    """
    length = table.question.rolling_period_count
    return tuple(_windows(table, sample, length)) if length else ()


def _windows(table: Table, sample: Sample, length: int) -> Iterator[RollingRegression]:
    design = np.column_stack([np.ones(sample.period_count), sample.factors])
    factor_of = [table.question.factor_ids.index(term.factor_id) for term in sample.terms]
    for end in range(length, sample.period_count + 1):
        window = slice(end - length, end)
        outcome = sample.outcome[window]
        found, _, rank, _ = np.linalg.lstsq(design[window], outcome)
        if rank < sample.coefficient_count:
            continue
        rest = float(np.sum((outcome - design[window] @ found) ** 2))
        moved = float(np.sum((outcome - outcome.mean()) ** 2))
        size = float(np.sum(outcome**2))
        summed = np.bincount(factor_of, weights=found[1:], minlength=len(table.question.factor_ids))
        yield RollingRegression(
            last_date=table.dates[int(sample.periods[end - 1])],
            annual_alpha=table.periods_per_year * float(found[0]),
            r_squared=max(1.0 - rest / moved, 0.0) if moved > _STANDS_STILL * size else 0.0,
            loadings=tuple(float(loading) for loading in summed),
        )
