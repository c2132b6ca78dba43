"""A sleeve as a line of a portfolio takes it."""

from __future__ import annotations

import numpy as np

from counterpoise.model import AlphaEvidence, FloatArray, LineEstimate
from optimizer.evidence.floors import raise_residual
from optimizer.evidence.regimes import driver_values


def report_line(
    evidence: AlphaEvidence, driver_ids: tuple[str, ...], covariance: FloatArray, floors: dict[str, float]
) -> LineEstimate:
    """Loadings b summed over lags, residual s raised to the floor, and sqrt(b'Sb + s^2).

    `covariance` S is annual, shape (D, D). With too little data for a verdict the loadings are those of the
    regression all the same: a line without any would look free of risk. Raises ValueError without one.
    """
    regression = evidence.regression
    if regression is None:
        raise ValueError(f"{evidence.sleeve_id}: no regression")
    loadings = np.zeros(len(driver_ids))
    for item in regression.loadings:
        loadings[driver_ids.index(item.factor_id)] += item.loading
    explained = max(float(loadings @ covariance @ loadings), 0.0)
    floor = floors.get(evidence.sleeve_id, 0.0)
    residual = raise_residual(regression.annual_residual_volatility, explained, floor)
    return LineEstimate(
        line_id=evidence.sleeve_id,
        loadings=driver_values(driver_ids, loadings),
        annual_residual_volatility=residual,
        annual_volatility=float(np.sqrt(explained + residual**2)),
        evidence=evidence,
    )


def is_raised(line: LineEstimate) -> bool:
    """Whether a floor gave the line more residual risk than its regression has."""
    regression = line.evidence.regression if line.evidence is not None else None
    return regression is not None and line.annual_residual_volatility > regression.annual_residual_volatility
