"""The request as the program reads it. Written apart from the measures, which check its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from counterpoise.model import (
    CollateralTerms,
    FloatArray,
    IndexArray,
    Line,
    TotalPortfolio,
    covariance_factor,
)

from optimizer.program.attempt import Attempt


@dataclass(frozen=True)
class Posting:
    """One tier posted to one pool."""

    tier: int
    pool: int
    terms: CollateralTerms


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines, drivers and postings of one attempt. Variables are positions h, then postings y."""

    attempt: Attempt
    portfolio: TotalPortfolio
    postings: tuple[Posting, ...]
    exposure: sp.csr_array
    """B', drivers by lines."""
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

    def row(self, by_line: FloatArray, by_posting: FloatArray | None = None) -> sp.csr_array:
        """One row over all variables."""
        tail = np.zeros(len(self.postings)) if by_posting is None else by_posting
        return sp.csr_array(np.concatenate([by_line, tail])[None, :])

    def pick(self, lines: IndexArray) -> sp.csr_array:
        """One row for each of these lines, selecting it."""
        ones = np.ones(len(lines))
        return sp.csr_array((ones, (np.arange(len(lines)), lines)), shape=(len(lines), self.width))

    def exposure_of(self, lines: IndexArray) -> sp.csr_array:
        """B' with only these lines counted, drivers by variables."""
        mask = np.zeros(self.count)
        mask[lines] = 1.0
        counted = self.exposure.multiply(mask[None, :])
        return sp.csr_array(sp.hstack([counted, sp.csr_array((self.exposure.shape[0], len(self.postings)))]))


def read_lines(attempt: Attempt) -> Lines:
    """Reads a problem for the program."""
    problem = attempt.problem
    market, portfolio = problem.market, problem.portfolio
    driver_at = {driver_id: index for index, driver_id in enumerate(market.driver_ids)}
    line_at = {line.line_id: index for index, line in enumerate(portfolio.lines)}
    pool_at = {pool.margin_pool_id: index for index, pool in enumerate(portfolio.margin_pools)}
    row, column, value = [], [], []
    for index, line in enumerate(portfolio.lines):
        for item in line.loadings:
            row.append(driver_at[item.driver_id])
            column.append(index)
            value.append(item.value)
    exposure = sp.csr_array((value, (row, column)), shape=(len(driver_at), len(line_at)), dtype=float)
    block = portfolio.loading_matrix
    if block is not None:
        rows = np.repeat([line_at[line_id] for line_id in block.row_ids], len(block.column_ids))
        columns = np.tile([driver_at[driver_id] for driver_id in block.column_ids], len(block.row_ids))
        exposure = exposure + sp.csr_array((np.asarray(block.values), (columns, rows)), shape=exposure.shape)
    exposure.eliminate_zeros()
    premia = [driver.expected_return.over_cash(market.annual_risk_free_rate) for driver in market.drivers]
    reference = np.zeros(len(driver_at))
    for item in problem.mandate.reference_exposures:
        reference[driver_at[item.driver_id]] = item.value
    covariance = market.risk_model.covariance(market.driver_ids)
    seen: dict[tuple[str, str], int] = {}
    return Lines(
        attempt=attempt,
        portfolio=portfolio,
        postings=tuple(
            Posting(tier=line_at[line.line_id], pool=pool_at[terms.margin_pool_id], terms=terms)
            for line in portfolio.lines
            if line.reserve_tier is not None
            for terms in line.reserve_tier.collateral_terms
        ),
        exposure=exposure,
        premium=exposure.T @ np.array(premia),
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
