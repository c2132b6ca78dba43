"""Liquidity coverage: sources of money less margin, variation margin and outflows under stress."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import FloatArray, LiquidityCoverageMeasure, Scenario
from optimizer.program.limits.margin import PoolMargin, pool_margins, variation_margins
from optimizer.program.limits.stress import dense_rows
from optimizer.program.lines import Lines
from optimizer.program.rows import InRow, Rows
from optimizer.program.shocks import Shocks


def coverage(lines: Lines, shocks: Shocks, measure: LiquidityCoverageMeasure, name: str) -> Rows:
    """Need less sources by state and horizon, then the same day where day one is asked for.

    Rows in the order of states, then horizons; convex, the negative of what is measured; without bounds.
    """
    family = _Family(lines, shocks, measure.need_multiple or 1.0)
    for state in shocks.states(measure.scenarios):
        margins, sale = pool_margins(lines, state), shocks.left(state) * shocks.sold_at(state)
        for days in measure.horizon_trading_days:
            family.add_need(state, days, margins, sale)
        if 1 in measure.horizon_trading_days:
            family.add_same_day(state)
    return family.rows(name)


class _Family:
    """Rows gathered one after the other, dense over lines and postings."""

    def __init__(self, lines: Lines, shocks: Shocks, multiple: float) -> None:
        self._lines = lines
        self._shocks = shocks
        self._multiple = multiple
        nav = lines.portfolio.nav_amount
        self._committed = lines.each(
            lambda line: line.credit_line.committed_amount / nav if line.credit_line else 0.0
        )
        self._credit = self._committed > 0.0
        self._cash = lines.each(
            lambda line: bool(line.reserve_tier and line.reserve_tier.variation_margin_eligible)
        )
        self._offset: list[float] = []
        self._linear: list[FloatArray] = []
        self._absolute: list[FloatArray] = []
        self._pieces: list[InRow] = []

    def add_need(
        self, state: Scenario | None, days: int, margins: Sequence[PoolMargin], sale: FloatArray
    ) -> None:
        """Multiple of margin, variation margin and outflow, less sources."""
        row, kappa = len(self._offset), self._multiple
        offset, by_line = self._sources(state, days, sale)
        absolute = np.zeros(self._lines.count)
        for margin in margins:
            absolute += kappa * margin.by_rate
            if margin.piece is not None:
                self._pieces.append(InRow(row, margin.piece, kappa * margin.weight))
        for peak in variation_margins(self._lines, self._shocks, state, days):
            self._pieces.append(InRow(row, peak, kappa))
        self._add(
            kappa * self._lines.portfolio.outflow_fraction(days) - offset,
            -by_line,
            np.zeros(len(self._lines.postings)),
            absolute,
        )

    def add_same_day(self, state: Scenario | None) -> None:
        """Multiple of the variation margin of day one, less cash that is not posted."""
        row = len(self._offset)
        cash = self._cash
        posted = np.array([cash[posting.tier] for posting in self._lines.postings], dtype=float)
        for peak in variation_margins(self._lines, self._shocks, state, 1):
            self._pieces.append(InRow(row, peak, self._multiple))
        self._add(0.0, -cash * (1.0 + self._shocks.moves(state, 1)), posted, np.zeros(self._lines.count))

    def rows(self, name: str) -> Rows:
        """All of them."""
        absolute = dense_rows(self._absolute)
        return Rows(
            name,
            dense_rows(self._linear),
            np.array(self._offset),
            absolute=absolute if len(absolute.row) else None,
            pieces=tuple(self._pieces),
            concave=True,
        )

    def _sources(self, state: Scenario | None, days: int, sale: FloatArray) -> tuple[float, FloatArray]:
        """A constant, and money per unit of each line; drawn credit takes away what it could bring."""
        available, shocks = self._shocks.available(days), self._shocks
        by_line = np.where(shocks.uses_capital, sale * available * (1.0 + shocks.moves(state, days)), 0.0)
        there = shocks.left(state) * available
        by_line[self._credit] = -there[self._credit]
        return float(there @ self._committed), by_line

    def _add(self, offset: float, by_line: FloatArray, by_posting: FloatArray, absolute: FloatArray) -> None:
        self._offset.append(offset)
        self._linear.append(np.concatenate([by_line, by_posting]))
        self._absolute.append(absolute)
