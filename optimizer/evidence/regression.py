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
from optimizer.evidence.filter_errors import FilterError, coefficient_errors
from optimizer.evidence.numbers import quotient
from optimizer.evidence.sample import Sample

_EXACT = 1e-20
"""A residual with less of the variance than this is rounding."""
_LAGS_LEVEL = 0.05
_LEAST_PERIODS_A_LAG = 4
_LEAST_PERIODS_A_COEFFICIENT = 10
"""Of a test of lags: with fewer it sees little, and hangs on normal residuals."""


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
    normalized_cov_params: FloatArray

    def conf_int(self, alpha: float) -> FloatArray:
        """Intervals of the coefficients, shape (k, 2)."""

    def compare_f_test(self, restricted: Fitted) -> tuple[float, float, float]:
        """The F statistic of a regression on fewer terms, its probability, and how many fewer."""


def error_lags(question: AlphaQuestion, period_count: int) -> int:
    """Lags of the Newey-West errors of T periods: floor(4 (T / 100)^(2/9)) unless given.

    At most floor(T / 4), and no less than 1 unless 0 is asked for: residuals sum to zero, so that with as
    many lags as periods their autocovariances cancel and the error goes to nothing.
    """
    lags = question.error_lag_count
    if lags is None:
        lags = int(4.0 * (period_count / 100.0) ** (2.0 / 9.0))
    return min(lags, max(period_count // _LEAST_PERIODS_A_LAG, 1))


def fit(outcome: FloatArray, factors: FloatArray, error_lag_count: int) -> Fitted:
    """Least squares with an intercept in front; Bartlett weights, T / (T - k), Student's t and F."""
    design = np.column_stack([np.ones(len(outcome)), factors])
    kernel = {"maxlags": error_lag_count, "use_correction": True}
    fitted: Fitted = OLS(outcome, design).fit(cov_type="HAC", cov_kwds=kernel, use_t=True)
    return fitted


def regress(
    question: AlphaQuestion, sample: Sample, filter_error: FilterError | None = None
) -> FactorRegression | None:
    """The regression of a sample; None with no more periods than coefficients.

    Annual alpha is the intercept times the periods of a year, its error likewise; residual volatility is
    sqrt(f SSR / (T - k)). What fits exactly has errors and ratios of 0. Periods on two sides of a gap count
    as neighbours for the errors.

    `filter_error` is of the filter that the returns went through: errors of loadings count it. The error of
    alpha does not, because a filter leaves the mean of returns as it was. Raises SeriesCollinear.
    """
    if sample.period_count <= sample.coefficient_count:
        return None
    _refuse_collinear(sample)
    per_year = question.history.frequency.periods_per_year
    lags = error_lags(question, sample.period_count)
    fitted = fit(sample.outcome, sample.factors, lags)
    exact = is_exact(fitted)
    errors = np.zeros(sample.coefficient_count) if exact else np.array(fitted.bse)
    if filter_error is not None and not exact:
        errors[1:] = coefficient_errors(sample, fitted.params, lags, filter_error)[1:]
    alpha = per_year * float(fitted.params[0])
    confidence = DEFAULT_CONFIDENCE if question.confidence is None else question.confidence
    lower, upper = (alpha, alpha) if exact else per_year * fitted.conf_int(alpha=1.0 - confidence)[0]
    residual_volatility = 0.0 if exact else float(np.sqrt(per_year * fitted.mse_resid))
    appraisal = quotient(alpha, residual_volatility)
    unmoved = float(fitted.centered_tss) <= _EXACT * float(fitted.uncentered_tss)
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


def is_exact(fitted: Fitted) -> bool:
    """Whether what a regression leaves is rounding."""
    return float(fitted.ssr) <= _EXACT * float(fitted.uncentered_tss)


def can_test_lags(sample: Sample) -> bool:
    """Whether a sample has the periods that a test of its lags wants: ten for each coefficient."""
    return sample.period_count >= _LEAST_PERIODS_A_COEFFICIENT * sample.coefficient_count


def lags_explain(sample: Sample) -> bool:
    """Whether earlier returns of factors explain a sleeve: F test at 5 % against the regression without.

    The classical one, of sums of squares: Wald tests with Newey-West errors reject far too often where
    there are many terms.
    """
    now = np.array([term.lag == 0 for term in sample.terms])
    ones = np.ones((sample.period_count, 1))
    whole: Fitted = OLS(sample.outcome, np.hstack([ones, sample.factors])).fit()
    part: Fitted = OLS(sample.outcome, np.hstack([ones, sample.factors[:, now]])).fit()
    return not is_exact(part) and float(whole.compare_f_test(part)[1]) < _LAGS_LEVEL


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
