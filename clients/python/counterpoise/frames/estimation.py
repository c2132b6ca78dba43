"""Estimated risk models as frames; annual decimals, as in the contract."""

from __future__ import annotations

import numpy as np
import pandas as pd

from counterpoise.frames.tables import name_of, paired_table, table
from counterpoise.model import EstimateRiskModelResponse, LineEstimate, RegimeReport

_REGRESSION = ("annual_alpha", "annual_alpha_error", "alpha_t", "r_squared", "adjusted_r_squared")
_SHRUNK = ("annual_shrunk_alpha", "annual_shrunk_alpha_error")
_COVARIANCE = (
    "period_count",
    "missing_period_count",
    "gap_period_count",
    "effective_period_count",
    "condition_number",
    "shrinkage",
    "explained_share",
    "largest_correlation_change",
)
_OWN = ("annual_residual_volatility", "annual_volatility")


def covariance_frame(response: EstimateRiskModelResponse) -> pd.DataFrame:
    """What is known about the covariance of drivers, indexed by figure; the column is value.

    Figures: periods that count, that lack a return, that the dates leave out, and that weights are worth;
    the condition number; the share of shrinkage; the share that factors explain; the largest change of a
    correlation by a repair. What the estimator has not is NaN.
    """
    report = response.covariance
    rows = {name: (getattr(report, name),) for name in _COVARIANCE} if report is not None else {}
    return table(rows, "figure", numbers=("value",))


def regimes_frame(response: EstimateRiskModelResponse) -> pd.DataFrame:
    """Volatilities of drivers, indexed by regime (`all`, `calm`, `stressed`) and driver, before floors.

    Columns: annual_volatility; and of the regime, the same in all its rows, period_count and
    mean_correlation.
    """
    rows = {
        (name_of(regime.kind), item.driver_id): (item.value, regime.period_count, regime.mean_correlation)
        for regime in _regimes(response)
        for item in regime.annual_volatilities
    }
    numbers = ("annual_volatility", "period_count", "mean_correlation")
    return paired_table(rows, ("regime", "driver_id"), numbers)


def correlations_frame(response: EstimateRiskModelResponse) -> pd.DataFrame:
    """Correlations indexed by regime, driver and other driver; the column is correlation.

    Every pair is there both ways, and each driver with itself: `frame.correlation["calm"].unstack()` is a
    matrix.
    """
    given = [
        (name_of(regime.kind), regime.correlation)
        for regime in _regimes(response)
        if regime.correlation is not None
    ]
    names = [
        (kind, first, second)
        for kind, matrix in given
        for first in matrix.axis_ids
        for second in matrix.axis_ids
    ]
    index = pd.MultiIndex.from_arrays(
        [pd.Index([name[place] for name in names], dtype=str) for place in range(3)],
        names=("regime", "driver_id", "other_driver_id"),
    )
    values = [matrix.to_square().ravel() for _, matrix in given]
    numbers = np.concatenate(values) if values else np.empty(0)
    return pd.DataFrame({"correlation": numbers}, index=index, dtype=float)


def eigenvalues_frame(response: EstimateRiskModelResponse) -> pd.DataFrame:
    """Eigenvalues of the correlation of drivers, indexed by place from 1, the largest first.

    Columns: eigenvalue; share, of their sum, which is the number of drivers.
    """
    report = response.covariance
    values = np.array(report.eigenvalues if report is not None else (), dtype=float)
    total = values.sum() or 1.0
    index = pd.RangeIndex(1, len(values) + 1, name="place")
    return pd.DataFrame({"eigenvalue": values, "share": values / total}, index=index)


def lines_frame(response: EstimateRiskModelResponse) -> pd.DataFrame:
    """Sleeves indexed by id.

    Columns: sleeve_class, empty where there is no verdict; reasons and treatment of smoothing, as names of
    the contract; residual and whole volatility; alpha with error and t, R-squared; shrunk alpha and its
    error; period_count. What is not known is NaN.
    """
    rows = {line.line_id: _row(line) for line in response.lines}
    numbers = (*_OWN, *_REGRESSION, *_SHRUNK, "period_count")
    return table(rows, "line_id", text=("sleeve_class", "reasons", "treatment"), numbers=numbers)


def line_loadings_frame(response: EstimateRiskModelResponse) -> pd.DataFrame:
    """Loadings of sleeves, summed over lags, indexed by line and driver; the column is loading."""
    rows = {
        (line.line_id, item.driver_id): (item.value,) for line in response.lines for item in line.loadings
    }
    return paired_table(rows, ("line_id", "driver_id"), ("loading",))


def _regimes(response: EstimateRiskModelResponse) -> tuple[RegimeReport, ...]:
    return response.covariance.regimes if response.covariance is not None else ()


def _row(line: LineEstimate) -> tuple[str | float | None, ...]:
    evidence = line.evidence
    judged = evidence is not None and evidence.sleeve_class is not None
    parts = (
        (line, _OWN),
        (evidence.regression if evidence is not None else None, _REGRESSION),
        (evidence if judged else None, _SHRUNK),
        (evidence.sample if evidence is not None else None, ("period_count",)),
    )
    numbers: list[float | None] = [getattr(part, name, None) for part, names in parts for name in names]
    smoothing = evidence.smoothing if evidence is not None else None
    return (
        name_of(evidence.sleeve_class) if evidence is not None and evidence.sleeve_class is not None else "",
        ", ".join(name_of(reason) for reason in evidence.reasons) if evidence is not None else "",
        "" if smoothing is None else name_of(smoothing.treatment),
        *numbers,
    )
