"""The periods that count: those in which everything that a regression needs is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, IndexArray, SampleReport
from optimizer.evidence.table import Table


@dataclass(frozen=True)
class Term:
    """A factor at a lag."""

    factor_id: str
    lag: int


@dataclass(frozen=True)
class Sample:
    """One sleeve and the terms of its regression over T common periods."""

    sleeve_id: str
    periods: IndexArray
    """Indexes into the dates, shape (T,)."""
    outcome: FloatArray
    """Excess returns of the sleeve after the treatment of smoothing, shape (T,)."""
    terms: tuple[Term, ...]
    """By factor, then by lag."""
    factors: FloatArray
    """Excess returns of factors, shape (T, terms)."""

    @property
    def period_count(self) -> int:
        """T."""
        return len(self.periods)

    @property
    def coefficient_count(self) -> int:
        """Intercept and loadings."""
        return 1 + len(self.terms)

    def of(self, factor_id: str) -> FloatArray:
        """A factor in the same periods, shape (T,)."""
        return np.asarray(self.factors[:, self.terms.index(Term(factor_id, 0))])


def take_sample(table: Table, sleeve_id: str, treated: FloatArray, lag_count: int) -> Sample:
    """Periods with a treated return of the sleeve and every factor at lags 0 to `lag_count`.

    A lag is the neighbouring period of the calendar: across a gap it is not known.
    """
    terms = tuple(
        Term(factor_id, lag) for factor_id in table.question.factor_ids for lag in range(lag_count + 1)
    )
    columns = [table.lagged(table.excess[term.factor_id], term.lag) for term in terms]
    factors = np.column_stack(columns)
    periods = np.flatnonzero(~np.isnan(treated) & ~np.isnan(factors).any(axis=1))
    return Sample(sleeve_id, periods, treated[periods], terms, factors[periods])


def report_sample(table: Table, sample: Sample) -> SampleReport:
    """How many periods count, and how many between the first and the last of them do not.

    Missing are named periods without a return of the sleeve, a factor or cash; gaps are periods of the
    calendar without a date. A period lost to a lag or a filter alone is neither.
    """
    if not sample.period_count:
        return SampleReport()
    first, last = int(sample.periods[0]), int(sample.periods[-1])
    needed = [table.excess[name][first : last + 1] for name in (sample.sleeve_id, *table.question.factor_ids)]
    return SampleReport(
        period_count=sample.period_count,
        first_date=table.dates[first],
        last_date=table.dates[last],
        missing_period_count=int(np.isnan(needed).any(axis=0).sum()),
        gap_period_count=int(table.places[last] - table.places[first]) - (last - first),
    )
