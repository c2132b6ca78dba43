"""Ratios and losses of a sleeve over the sample of its regression."""

from __future__ import annotations

import numpy as np

from counterpoise.model import BoolArray, FloatArray, PerformanceReport
from optimizer.evidence.numbers import quotient, slope, volatility
from optimizer.evidence.regression import error_lags, fit, is_exact
from optimizer.evidence.sample import Sample
from optimizer.evidence.table import Table

_FEWEST_PERIODS = 3
_ONE_SIDED = 1.645
"""What a normal number exceeds with a probability of 5 %."""
_LEAST_SLOPE = 1e-9
"""Of an exact fit, above which a slope is not rounding."""


def report_performance(table: Table, sample: Sample) -> PerformanceReport | None:
    """Measures of treated excess returns, against those of the market; None with fewer than three periods.

    Downside deviation is the root of the mean of min(r, 0)^2 over all periods. The information ratio is of
    r - m, without beta. Jensen's alpha is f (mean r - beta mean m).
    """
    if sample.period_count < _FEWEST_PERIODS:
        return None
    per_year, returns, market = table.periods_per_year, sample.outcome, sample.of(table.market_id)
    mean, active = per_year * float(returns.mean()), returns - market
    downside = float(np.sqrt(per_year * np.mean(np.minimum(returns, 0.0) ** 2)))
    beta = slope(returns, market) or 0.0
    return PerformanceReport(
        annual_excess_return=mean,
        annual_volatility=volatility(returns, per_year),
        sharpe_ratio=quotient(mean, volatility(returns, per_year)),
        sortino_ratio=quotient(mean, downside),
        information_ratio=quotient(per_year * float(active.mean()), volatility(active, per_year)),
        beta=beta,
        up_beta=_slope_where(market > 0.0, returns, market),
        down_beta=_slope_where(market < 0.0, returns, market),
        annual_jensen_alpha=mean - beta * per_year * float(market.mean()),
        maximum_drawdown=maximum_drawdown(_reported(table, sample)),
    )


def maximum_drawdown(returns: FloatArray) -> float:
    """Largest fall from a peak of compounded wealth, its start included, decimal >= 0."""
    # In logarithms: wealth of many good days is more than a number can hold.
    wealth = np.concatenate([[0.0], np.cumsum(np.log1p(returns))])
    return float(np.max(-np.expm1(wealth - np.maximum.accumulate(wealth))))


def falls_with_the_market(table: Table, sample: Sample) -> bool:
    """Whether it falls with the market m more than it rises: Henriksson and Merton (1981), turned around.

    In r = a + b m + d min(m, 0) + e, d is tested one-sided at 5 %. Its error is the larger of Newey and
    West's, which falls short over few periods, and the classical one, which takes all residuals as equally
    wide. False where the market rose, or fell, in fewer than three periods.
    """
    market = sample.of(table.market_id)
    if min((market > 0.0).sum(), (market < 0.0).sum()) < _FEWEST_PERIODS:
        return False
    terms = np.column_stack([market, np.minimum(market, 0.0)])
    fitted = fit(sample.outcome, terms, error_lags(table.question, sample.period_count))
    if is_exact(fitted):
        return float(fitted.params[2]) > _LEAST_SLOPE
    classical = float(np.sqrt(fitted.mse_resid * fitted.normalized_cov_params[2, 2]))
    return float(fitted.params[2]) > _ONE_SIDED * max(float(fitted.bse[2]), classical)


def _slope_where(chosen: BoolArray, returns: FloatArray, market: FloatArray) -> float | None:
    """Beta over the chosen periods; None with fewer than three."""
    return slope(returns[chosen], market[chosen]) if chosen.sum() >= _FEWEST_PERIODS else None


def _reported(table: Table, sample: Sample) -> FloatArray:
    """Returns as they came from the first to the last period of the sample, known factors or not."""
    reported = table.reported[sample.sleeve_id][sample.periods[0] : sample.periods[-1] + 1]
    return np.asarray(reported[~np.isnan(reported)])
