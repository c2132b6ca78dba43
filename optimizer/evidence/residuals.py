"""What sleeves share beyond the drivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import AlphaEvidence, FloatArray, SymmetricMatrix
from optimizer.evidence.covariance import shrunk_correlation
from optimizer.evidence.smoothing import treated_sample
from optimizer.evidence.table import Table

FEWEST_SHARED_PERIODS = 24
_EXACT = 1e-10
"""A residual volatility that is less of the sleeve's own is rounding."""


@dataclass(frozen=True)
class SharedResiduals:
    """The correlation of residuals, and over how many periods it is; None where it is left out."""

    correlation: SymmetricMatrix | None
    period_count: int


def correlate_residuals(table: Table, evidence: Sequence[AlphaEvidence]) -> SharedResiduals | None:
    """Over periods that the regressions of all sleeves have, shrunk as Ledoit and Wolf do.

    A sleeve that the drivers make up has no residual, and is left out. None with fewer than two others; no
    correlation with fewer than 24 common periods.
    """
    ids = tuple(item.sleeve_id for item in evidence)
    if len(ids) < 2:
        return None
    together = np.column_stack([residuals_of(table, item) for item in evidence])
    common = together[~np.isnan(together).any(axis=1)]
    if len(common) < FEWEST_SHARED_PERIODS:
        return SharedResiduals(None, len(common))
    own = np.flatnonzero(common.std(axis=0) > _EXACT * _sizes(table, ids))
    if len(own) < 2:
        return None
    correlation, _ = shrunk_correlation(common[:, own])
    axis = tuple(ids[index] for index in own)
    return SharedResiduals(SymmetricMatrix.from_square(axis, correlation), len(common))


def residuals_of(table: Table, evidence: AlphaEvidence) -> FloatArray:
    """Residuals of the regression of one sleeve, shape (periods,), not a number where it has none."""
    residuals = np.full(len(table.dates), np.nan)
    regression = evidence.regression
    if regression is None:
        return residuals
    sample = treated_sample(table, evidence, regression)
    explained = sample.factors @ [item.loading for item in regression.loadings]
    residuals[sample.periods] = sample.outcome - regression.annual_alpha / table.periods_per_year - explained
    return residuals


def _sizes(table: Table, ids: tuple[str, ...]) -> FloatArray:
    return np.array([np.nanstd(table.excess[name]) for name in ids])
