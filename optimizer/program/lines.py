"""The request as the program reads it. Written apart from the measures, which check its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    BoolArray,
    CollateralTerms,
    DriverValue,
    FloatArray,
    IndexArray,
    Line,
    Side,
    SymmetricMatrix,
    TotalPortfolio,
    covariance_factor,
)
from counterpoise.recall import Recall
from optimizer.program.kept import Kept, settle
from optimizer.program.rows import Entries, Spread, one_row

_KEPT_PARTS = 512
"""Limits, balls and the like that are kept of the same lines."""


@dataclass(frozen=True, eq=False)
class Budget:
    """Where a risk budget is met: lines, shares, positions and the volatility of these lines there."""

    lines: IndexArray
    shares: FloatArray
    positions: FloatArray
    volatility: float


@dataclass(frozen=True, eq=False)
class HeldPriority:
    """A soft priority that is done: its weighted violation stays below `at`, and what is met is hard."""

    priority: int
    at: float
    all_met: bool
    met: Mapping[tuple[str, Side], BoolArray]
    """Members that are met, by name of rows and side."""


@dataclass(frozen=True, eq=False)
class SoftStage:
    """Which soft priorities are held where, and which is minimised now."""

    held: tuple[HeldPriority, ...]
    minimised: int | None = None
    """None where it is the goal's turn."""
    penalty: float | None = None
    """Where set, the last held priority is charged this many times the largest cost instead of held in a
    row: the same optimum where it is large enough, without a sliver of a feasible set."""

    @property
    def counted(self) -> tuple[int | None, ...]:
        """Priorities whose turn has come."""
        return (self.minimised, *(held.priority for held in self.held))

    def met(self, priority: int, name: str, side: Side, count: int) -> BoolArray:
        """Members of a side that are hard by now."""
        for held in self.held:
            if held.priority == priority:
                none = np.full(count, held.all_met)
                return none if held.all_met else held.met.get((name, side), none)
        return np.zeros(count, dtype=bool)


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the program is made from.

    `alpha` is the annual alpha that counts per line, after `fees`, shape (n,) both; `lower` and
    `upper` are the bounds of positions and then of collateral postings that the request gives,
    fractions of NAV, shape (n + E,). Infinite ones are implied by budget, caps and margin; rows for
    them cost iterations.
    """

    problem: AllocationProblem
    alpha: FloatArray
    fees: FloatArray
    lower: FloatArray
    upper: FloatArray
    budget: Budget | None = None
    """With the goal of a risk budget."""
    stage: SoftStage | None = None
    """None takes soft limits as hard ones."""
    for_return: bool = False
    """The choice among equal optima: net return is the goal."""
    held_at: float | None = None
    """Where set, the function that the goal minimises is held below this; for that choice."""


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
    reference: FloatArray
    """Reference exposures; zeros without a reference portfolio."""
    risk: Spread
    """What volatilities measure."""
    current: FloatArray
    """Positions now; zero where they are not given."""
    kept: Kept
    """What was worked out from market, portfolio, reference exposures, scenarios and samples alone."""

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


_READ: Final = Recall[Lines](4)
_REFERENCES: Final = Recall[tuple[DriverValue, ...]](8)
_EQUAL_REFERENCES: Final = Kept(8)


def read_lines(inputs: Inputs) -> Lines:
    """Reads a problem for the program; the same market, portfolio, scenarios and samples are read once.

    The mandate's exposures are compared, because a mandate with another limit is another object.
    """
    problem = inputs.problem
    given = problem.mandate.reference_exposures
    given = _REFERENCES.get((given,), lambda: _EQUAL_REFERENCES.get(given, lambda: given))
    of = (problem.market, problem.portfolio, given, problem.scenarios, problem.return_samples)
    lines = _READ.get(of, lambda: _read(inputs))
    return lines if lines.inputs is inputs else replace(lines, inputs=inputs)


def _read(inputs: Inputs) -> Lines:
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
    lines = Lines(
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
        reference=reference,
        risk=_risk(problem, loadings),
        current=np.array([line.current_fraction or 0.0 for line in portfolio.lines]),
        kept=Kept(_KEPT_PARTS),
    )
    settle(lines)
    return lines


def _risk(problem: AllocationProblem, loadings: FloatArray) -> Spread:
    market, lines = problem.market, problem.portfolio.lines
    seen: dict[tuple[str, str], int] = {}
    names = [("u", line.underlying_id) if line.underlying_id else ("l", line.line_id) for line in lines]
    underlying = np.array([seen.setdefault(name, len(seen)) for name in names], dtype=np.intp)
    by_line = {line.line_id: int(underlying[index]) for index, line in enumerate(lines)}
    return spread_of(
        "risk",
        loadings=loadings,
        factor=market.risk_model.factor(market.driver_ids),
        residual=np.array([line.annual_residual_volatility for line in lines]),
        underlying=underlying,
        correlation=market.risk_model.sleeve_residual_correlation,
        underlying_of=by_line,
    )


def spread_of(
    name: str,
    *,
    loadings: FloatArray,
    factor: FloatArray,
    residual: FloatArray,
    underlying: IndexArray,
    correlation: SymmetricMatrix | None,
    underlying_of: dict[str, int],
) -> Spread:
    """A spread whose residuals have a correlation over some lines, or none."""
    if correlation is None:
        none = np.zeros(0, dtype=np.intp)
        return Spread(name, loadings, factor, residual, underlying, none, np.zeros((0, 0)))
    correlated = np.array([underlying_of[line_id] for line_id in correlation.axis_ids], dtype=np.intp)
    square = covariance_factor(correlation.to_square())
    return Spread(name, loadings, factor, residual, underlying, correlated, square)
