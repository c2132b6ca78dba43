"""Regressions of a sleeve on factors, with Newey-West errors."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from statsmodels.regression.linear_model import OLS

from counterpoise.model import (
    DEFAULT_CONFIDENCE,
    AlphaQuestion,
    FactorLoading,
    FactorRegression,
    FloatArray,
)
from optimizer.evidence.errors import SeriesCollinear
from optimizer.evidence.numbers import quotient
from optimizer.evidence.sample import Sample

_EXACT = 1e-20
"""A residual with less of the variance than this is rounding."""
_LAGS_LEVEL = 0.05


class Restricted(Protocol):
    """A test of a restriction."""

    pvalue: float


class Fitted(Protocol):
    """What is read of a regression of statsmodels."""

    params: FloatArray
    bse: FloatArray
    ssr: float
    centered_tss: float
    uncentered_tss: float
    mse_resid: float
    rsquared: float
    rsquared_adj: float

    def conf_int(self, alpha: float) -> FloatArray:
        """Intervals of the coefficients, shape (k, 2)."""

    def f_test(self, restriction: FloatArray) -> Restricted:
        """Whether the rows of the restriction, times the coefficients, are zero."""


def error_lags(question: AlphaQuestion, period_count: int) -> int:
    """Lags of the Newey-West errors of T periods: floor(4 (T / 100)^(2/9)) unless given, below T."""
    lags = question.error_lag_count
    if lags is None:
        lags = int(4.0 * (period_count / 100.0) ** (2.0 / 9.0))
    return min(lags, period_count - 1)


def fit(outcome: FloatArray, factors: FloatArray, error_lag_count: int) -> Fitted:
    """Least squares with an intercept in front; Bartlett weights, T / (T - k), Student's t and F."""
    design = np.column_stack([np.ones(len(outcome)), factors])
    kernel = {"maxlags": error_lag_count, "use_correction": True}
    fitted: Fitted = OLS(outcome, design).fit(cov_type="HAC", cov_kwds=kernel, use_t=True)
    return fitted


def regress(question: AlphaQuestion, sample: Sample) -> FactorRegression | None:
    """The regression of a sample; None with no more periods than coefficients.

    Annual alpha is the intercept times the periods of a year, its error likewise; residual volatility is
    sqrt(f SSR / (T - k)). What fits exactly has errors and ratios of 0. Periods on two sides of a gap count
    as neighbours for the errors. Raises SeriesCollinear.
    """
    if sample.period_count <= sample.coefficient_count:
        return None
    _refuse_collinear(sample)
    per_year = question.history.frequency.periods_per_year
    lags = error_lags(question, sample.period_count)
    fitted = fit(sample.outcome, sample.factors, lags)
    moved, rest = float(fitted.centered_tss), float(fitted.ssr)
    exact = rest <= _EXACT * float(fitted.uncentered_tss)
    errors = np.zeros(sample.coefficient_count) if exact else fitted.bse
    alpha = per_year * float(fitted.params[0])
    confidence = DEFAULT_CONFIDENCE if question.confidence is None else question.confidence
    lower, upper = (alpha, alpha) if exact else per_year * fitted.conf_int(alpha=1.0 - confidence)[0]
    residual_volatility = 0.0 if exact else float(np.sqrt(per_year * fitted.mse_resid))
    appraisal = quotient(alpha, residual_volatility)
    unmoved = moved <= _EXACT * float(fitted.uncentered_tss)
    return FactorRegression(
        annual_alpha=alpha,
        annual_alpha_error=per_year * float(errors[0]),
        alpha_t=quotient(float(fitted.params[0]), float(errors[0])),
        annual_alpha_lower=float(lower),
        annual_alpha_upper=float(upper),
        r_squared=0.0 if unmoved else float(fitted.rsquared),
        adjusted_r_squared=0.0 if unmoved else float(fitted.rsquared_adj),
        annual_residual_volatility=residual_volatility,
        loadings=tuple(
            FactorLoading(
                factor_id=term.factor_id,
                lag=term.lag,
                loading=float(loading),
                error=float(error),
                t=quotient(float(loading), float(error)),
            )
            for term, loading, error in zip(sample.terms, fitted.params[1:], errors[1:], strict=True)
        ),
        error_lag_count=lags,
        appraisal_ratio=appraisal,
        years_for_significance=(2.0 / appraisal) ** 2 if appraisal > 0.0 else None,
    )


def lags_explain(question: AlphaQuestion, sample: Sample) -> bool:
    """Whether loadings on earlier returns differ from zero together: a Wald F test at 5 %, HAC errors."""
    lagged = [index for index, term in enumerate(sample.terms, start=1) if term.lag]
    fitted = fit(sample.outcome, sample.factors, error_lags(question, sample.period_count))
    restriction = np.eye(sample.coefficient_count)[lagged]
    return bool(float(fitted.f_test(restriction).pvalue) < _LAGS_LEVEL)


def is_determined(sample: Sample) -> bool:
    """Whether the sample tells all of its terms apart."""
    return _first_made_up(sample.factors) is None


def _refuse_collinear(sample: Sample) -> None:
    index = _first_made_up(sample.factors)
    if index is not None:
        term = sample.terms[index]
        raise SeriesCollinear(sample.sleeve_id, term.factor_id, term.lag)


def _first_made_up(factors: FloatArray) -> int | None:
    """The first column, shape (T, terms), that a constant and the columns before it make up."""
    centred = factors - factors.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    scaled = centred / np.where(lengths > 0.0, lengths, 1.0)
    if np.linalg.matrix_rank(scaled) == scaled.shape[1]:
        return None
    columns = range(scaled.shape[1])
    return next(index for index in columns if np.linalg.matrix_rank(scaled[:, : index + 1]) <= index)
