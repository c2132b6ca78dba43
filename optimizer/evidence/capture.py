"""Active funds: the same regressions, with the benchmark as market, and where active returns came from."""

from __future__ import annotations

import math
from dataclasses import replace

from counterpoise.model import (
    ActiveFund,
    ActiveReturn,
    AlphaCapture,
    AlphaCaptureQuestion,
    AlphaEvidence,
    AlphaQuestion,
    FactorPart,
)
from optimizer.evidence.numbers import volatility
from optimizer.evidence.sample import Term
from optimizer.evidence.sleeve import weigh_sleeve
from optimizer.evidence.smoothing import treated_sample
from optimizer.evidence.table import Table, open_table


def open_fund(question: AlphaCaptureQuestion, fund: ActiveFund) -> Table:
    """The table of one fund: it, over cash, on its benchmark and then on the factors."""
    return open_table(
        AlphaQuestion(
            history=question.history,
            sleeve_ids=(fund.fund_id,),
            factor_ids=(fund.benchmark_id, *question.factor_ids),
            cash_id=question.cash_id,
            market_id=fund.benchmark_id,
            smoothing=question.smoothing,
            error_lag_count=question.error_lag_count,
            confidence=question.confidence,
        )
    )


def weigh_fund(table: Table) -> AlphaCapture:
    """The regression of a fund, without belief about its alpha, and its active return; fees come later.

    With the benchmark among the regressors, the difference of fund and benchmark has the same intercept,
    residuals and errors, and a beta that is less by one. No active return with no more periods than
    coefficients. Raises SeriesCollinear.
    """
    (fund_id,) = table.question.sleeve_ids
    evidence = weigh_sleeve(table, fund_id)
    without = replace(evidence, annual_shrunk_alpha=0.0, annual_shrunk_alpha_error=0.0, alpha_sleeve=None)
    return AlphaCapture(fund_id=fund_id, evidence=without, active_return=_active_return(table, evidence))


def _active_return(table: Table, evidence: AlphaEvidence) -> ActiveReturn | None:
    """The mean of treated returns less the benchmark's, in parts that sum to it.

    f mean(r - m) = f (b - 1) mean(m) + sum over k of f l_k mean(x_k) + alpha, since least squares with an
    intercept goes through the means. What is loaded on at several lags brings loading times mean at each of
    them, and beta is the sum of loadings.
    """
    regression = evidence.regression
    if regression is None:
        return None
    sample = treated_sample(table, evidence, regression)
    per_year, benchmark = table.periods_per_year, table.market_id
    active = sample.outcome - sample.of(benchmark)
    brought, beta = dict.fromkeys(table.question.factor_ids, 0.0), 0.0
    for item in regression.loadings:
        mean = float(sample.factors[:, sample.terms.index(Term(item.factor_id, item.lag))].mean())
        brought[item.factor_id] += item.loading * per_year * mean
        beta += item.loading if item.factor_id == benchmark else 0.0
    whole = per_year * float(active.mean())
    of_beta = brought.pop(benchmark) - per_year * float(sample.of(benchmark).mean())
    return ActiveReturn(
        annual_active_return=whole,
        annual_tracking_error=volatility(active, per_year),
        benchmark_beta=beta,
        annual_benchmark_part=of_beta,
        factor_parts=tuple(
            FactorPart(factor_id=factor_id, annual_return=part) for factor_id, part in brought.items()
        ),
        # The intercept, with what rounding leaves of it where factors are nearly collinear.
        annual_alpha=whole - of_beta - math.fsum(brought.values()),
    )
