"""The request as the program reads it. Written apart from the measures, which check its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    CollateralTerms,
    FloatArray,
    IndexArray,
    Line,
    TotalPortfolio,
    covariance_factor,
)
from optimizer.program.rows import Entries, one_row


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the program is made from.

    `alpha` is the annual alpha that counts per line, shape (n,); `lower` and `upper` are the bounds
    of positions and then of collateral postings that the request gives, fractions of NAV, shape
    (n + E,). Infinite ones are implied by budget, caps and margin; rows for them cost iterations.
    """

    problem: AllocationProblem
    alpha: FloatArray
    lower: FloatArray
    upper: FloatArray
    held_at: float | None = None
    """Where set, the function that the goal minimises is held below this, and net return is the goal:
    the choice among equal optima."""


@dataclass(frozen=True)
class Posting:
    """One tier posted to one pool."""

    tier: int
    pool: int
    terms: CollateralTerms


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines, drivers and postings of a problem. Variables are positions h, then postings y."""

    inputs: Inputs
    portfolio: TotalPortfolio
    postings: tuple[Posting, ...]
    loadings: FloatArray
    """B, lines by drivers."""
    premium: FloatArray
    """Annual return of each line through its drivers, over cash."""
    covariance: FloatArray
    factor: FloatArray
    """L with S = L L'."""
    reference: FloatArray
    """Reference exposures; zeros without a reference portfolio."""
    residual: FloatArray
    underlying: IndexArray
    """Number of the underlying of each line, counted by first line."""

    @property
    def count(self) -> int:
        """Number of lines."""
        return len(self.portfolio.lines)

    @property
    def width(self) -> int:
        """Number of variables."""
        return self.count + len(self.postings)

    def each(self, number: Callable[[Line], float]) -> FloatArray:
        """A number of every line."""
        return np.array([number(line) for line in self.portfolio.lines], dtype=float)

    def row(self, by_line: FloatArray, by_posting: FloatArray | None = None) -> Entries:
        """One row over all variables."""
        return one_row(by_line if by_posting is None else np.concatenate([by_line, by_posting]))

    def pick(self, lines: IndexArray) -> Entries:
        """One row for each of these lines, selecting it."""
        return Entries(len(lines), np.arange(len(lines)), lines, np.ones(len(lines)))

    def exposure_to(self, drivers: IndexArray, lines: IndexArray) -> Entries:
        """X = B'h of these drivers, with only these lines counted."""
        block = self.loadings[np.ix_(lines, drivers)]
        line, driver = np.nonzero(block)
        return Entries(len(drivers), driver, lines[line], block[line, driver])


def read_lines(inputs: Inputs) -> Lines:
    """Reads a problem for the program."""
    problem = inputs.problem
    market, portfolio = problem.market, problem.portfolio
    driver_at = {driver_id: index for index, driver_id in enumerate(market.driver_ids)}
    line_at = {line.line_id: index for index, line in enumerate(portfolio.lines)}
    pool_at = {pool.margin_pool_id: index for index, pool in enumerate(portfolio.margin_pools)}
    loadings = np.zeros((len(line_at), len(driver_at)))
    for index, line in enumerate(portfolio.lines):
        for item in line.loadings:
            loadings[index, driver_at[item.driver_id]] = item.value
    block = portfolio.loading_matrix
    if block is not None:
        numbers = iter(block.values)
        for line_id in block.row_ids:
            row = loadings[line_at[line_id]]
            for driver_id in block.column_ids:
                row[driver_at[driver_id]] = next(numbers)
    premia = [driver.expected_return.over_cash(market.annual_risk_free_rate) for driver in market.drivers]
    reference = np.zeros(len(driver_at))
    for item in problem.mandate.reference_exposures:
        reference[driver_at[item.driver_id]] = item.value
    covariance = market.risk_model.covariance(market.driver_ids)
    seen: dict[tuple[str, str], int] = {}
    return Lines(
        inputs=inputs,
        portfolio=portfolio,
        postings=tuple(
            Posting(tier=line_at[line.line_id], pool=pool_at[terms.margin_pool_id], terms=terms)
            for line in portfolio.lines
            if line.reserve_tier is not None
            for terms in line.reserve_tier.collateral_terms
        ),
        loadings=loadings,
        premium=loadings @ np.array(premia),
        covariance=covariance,
        factor=covariance_factor(covariance),
        reference=reference,
        residual=np.array([line.annual_residual_volatility for line in portfolio.lines]),
        underlying=np.array(
            [
                seen.setdefault(
                    ("u", line.underlying_id) if line.underlying_id else ("l", line.line_id), len(seen)
                )
                for line in portfolio.lines
            ],
            dtype=np.intp,
        ),
    )
