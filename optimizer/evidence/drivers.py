"""Returns of drivers over cash, and the periods that count."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from counterpoise.model import BoolArray, FloatArray, IndexArray, MissingReturns, RiskModelQuestion
from optimizer.evidence.table import Table


@dataclass(frozen=True)
class DriverReturns:
    """Returns over cash of D drivers in the T periods that count, in the order of the question."""

    driver_ids: tuple[str, ...]
    returns: FloatArray
    """Shape (T, D); not a number where one is not known, which is so where pairs count alone."""
    periods: IndexArray
    """Indexes into the dates of the history, shape (T,)."""
    dates: tuple[datetime.date, ...]
    """Last days of these periods."""
    places: IndexArray
    """Their places on the calendar, shape (T,)."""
    periods_per_year: int
    missing_period_count: int
    """Periods between the first and the last of them that lack a return of a driver or of cash."""

    @property
    def gap_period_count(self) -> int:
        """Periods between the first and the last of them that the dates leave out."""
        steps = int(self.places[-1] - self.places[0]), int(self.periods[-1] - self.periods[0])
        return steps[0] - steps[1]

    @property
    def common(self) -> BoolArray:
        """Which periods have a return of every driver, shape (T,)."""
        return np.asarray(~np.isnan(self.returns).any(axis=1))


def take_drivers(question: RiskModelQuestion, table: Table) -> DriverReturns:
    """Periods with a return of every driver over cash; where pairs count, with one of any driver.

    The table has every driver as a factor.
    """
    ids = tuple(driver.driver_id for driver in question.drivers)
    returns = np.column_stack([table.excess[name] for name in ids])
    known = ~np.isnan(returns)
    pairwise = question.missing_returns is MissingReturns.PAIRWISE
    periods = np.flatnonzero(known.any(axis=1) if pairwise else known.all(axis=1))
    between = known[periods[0] : periods[-1] + 1]
    return DriverReturns(
        driver_ids=ids,
        returns=returns[periods],
        periods=periods,
        dates=tuple(table.dates[int(period)] for period in periods),
        places=table.places[periods],
        periods_per_year=table.periods_per_year,
        missing_period_count=int((~between.all(axis=1)).sum()),
    )
