"""What histories say of alpha, as frames; annual decimals, as in the contract."""

from __future__ import annotations

import datetime

import pandas as pd

from counterpoise.frames.tables import name_of, table
from counterpoise.model import AlphaEvidence, VerifyAlphaResponse

_REGRESSION = (
    "annual_alpha",
    "annual_alpha_error",
    "alpha_t",
    "annual_alpha_lower",
    "annual_alpha_upper",
    "r_squared",
    "adjusted_r_squared",
    "annual_residual_volatility",
    "appraisal_ratio",
    "years_for_significance",
)
_SMOOTHING = ("autocorrelation", "p_value", "annual_reported_volatility")
_PERFORMANCE = (
    "annual_excess_return",
    "annual_volatility",
    "sharpe_ratio",
    "sortino_ratio",
    "information_ratio",
    "beta",
    "up_beta",
    "down_beta",
    "annual_jensen_alpha",
    "maximum_drawdown",
)
_SAMPLE = ("period_count", "missing_period_count", "gap_period_count")
_SHRUNK = ("annual_shrunk_alpha", "annual_shrunk_alpha_error")


def evidence_frame(response: VerifyAlphaResponse) -> pd.DataFrame:
    """Sleeves indexed by id.

    Columns: sleeve_class, empty where there is no verdict; reasons and treatment of smoothing, as names of
    the contract; alpha with error, t and interval, R-squared, residual volatility, appraisal ratio and
    years_for_significance; shrunk alpha and its error; autocorrelation, its p_value and reported volatility;
    ratios, betas and maximum_drawdown; counts of periods; first_date and last_date. What is not known is NaN.
    """
    rows = {item.sleeve_id: _row(item) for item in response.evidence}
    numbers = (*_REGRESSION, *_SHRUNK, *_SMOOTHING, *_PERFORMANCE, *_SAMPLE)
    frame = table(rows, "sleeve_id", text=("sleeve_class", "reasons", "treatment"), numbers=numbers)
    samples = [item.sample for item in response.evidence]
    for name in ("first_date", "last_date"):
        dates: list[datetime.date | None] = [getattr(sample, name, None) for sample in samples]
        frame[name] = pd.Series(dates, index=frame.index, dtype="datetime64[s]")
    return frame


def _row(item: AlphaEvidence) -> tuple[str | float | None, ...]:
    parts = (
        (item.regression, _REGRESSION),
        (item, _SHRUNK if item.sleeve_class is not None else ("",) * len(_SHRUNK)),
        (item.smoothing, _SMOOTHING),
        (item.performance, _PERFORMANCE),
        (item.sample, _SAMPLE),
    )
    numbers: list[float | None] = [getattr(part, name, None) for part, names in parts for name in names]
    return (
        "" if item.sleeve_class is None else name_of(item.sleeve_class),
        ", ".join(name_of(reason) for reason in item.reasons),
        "" if item.smoothing is None else name_of(item.smoothing.treatment),
        *numbers,
    )


def loadings_frame(response: VerifyAlphaResponse) -> pd.DataFrame:
    """Loadings indexed by sleeve, factor and lag in periods. Columns: loading, error, t."""
    loadings = [
        (item.sleeve_id, loading)
        for item in response.evidence
        if item.regression is not None
        for loading in item.regression.loadings
    ]
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index([sleeve_id for sleeve_id, _ in loadings], dtype=str),
            pd.Index([loading.factor_id for _, loading in loadings], dtype=str),
            pd.Index([loading.lag for _, loading in loadings], dtype=int),
        ],
        names=("sleeve_id", "factor_id", "lag"),
    )
    rows = [(loading.loading, loading.error, loading.t) for _, loading in loadings]
    return pd.DataFrame(rows, index=index, columns=["loading", "error", "t"], dtype=float)


def rolling_frame(response: VerifyAlphaResponse) -> pd.DataFrame:
    """Rolling regressions indexed by sleeve and last day of the window.

    Columns: annual_alpha, r_squared, and for every factor its loading, summed over lags, named
    `loading_` and the factor's id.
    """
    factors = _factors(response)
    windows = [(item.sleeve_id, window) for item in response.evidence for window in item.rolling]
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index([sleeve_id for sleeve_id, _ in windows], dtype=str),
            pd.Index([window.last_date for _, window in windows], dtype="datetime64[s]"),
        ],
        names=("sleeve_id", "last_date"),
    )
    rows = [(window.annual_alpha, window.r_squared, *window.loadings) for _, window in windows]
    columns = ["annual_alpha", "r_squared", *(f"loading_{factor}" for factor in factors)]
    return pd.DataFrame(rows, index=index, columns=columns, dtype=float)


def _factors(response: VerifyAlphaResponse) -> list[str]:
    """Factors in the order of the question, which is that of every regression."""
    regressions = [item.regression for item in response.evidence if item.regression is not None]
    return list(dict.fromkeys(loading.factor_id for one in regressions for loading in one.loadings))
