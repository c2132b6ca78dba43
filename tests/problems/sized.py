"""Realistic problems of a given size: a total portfolio with futures, sleeves and a reserve.

Feasibility is known as it is for random problems: a book is chosen first, the reference portfolio is
what its beta lines hold, and every limit leaves room around the book.
"""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    Driver,
    DriverValue,
    ExpectedReturn,
    FloatArray,
    Line,
    LineGroup,
    LineKind,
    Mandate,
    MarginPool,
    MarketModel,
    MaximizeUtility,
    Objective,
    OutrightMargin,
    RiskModel,
    SymmetricMatrix,
    TotalPortfolio,
    VolatilityCorrelation,
)
from tests.problems.draw import Draw
from tests.problems.markets import random_correlation
from tests.problems.sized_lines import POOLS, SIZED_TIERS, sized_lines
from tests.problems.sized_rules import sized_limits
from tests.reference.book import Book, Postings
from tests.reference.numbers import read_numbers


@dataclass(frozen=True)
class ProblemSize:
    """How many of each."""

    funded: int
    overlays: int
    sleeves: int
    reserve_tiers: int
    drivers: int

    @property
    def lines(self) -> int:
        """All lines."""
        return self.funded + self.overlays + self.sleeves + self.reserve_tiers


SIZES = {
    20: ProblemSize(5, 5, 8, 2, 8),
    63: ProblemSize(20, 20, 20, 3, 20),
    203: ProblemSize(50, 50, 100, 3, 40),
    503: ProblemSize(200, 100, 200, 3, 60),
}
"""The sizes that performance is measured at, by their number of lines."""


def generate(size: ProblemSize, *, seed: int, objective: Objective | None = None) -> AllocationProblem:
    """A feasible problem; the objective is utility over active risk unless given."""
    draw = Draw(seed)
    if not 1 <= size.reserve_tiers <= SIZED_TIERS:
        raise ValueError(f"between 1 and {SIZED_TIERS} reserve tiers")
    market = _market(draw, size.drivers)
    lines, positions = sized_lines(
        draw,
        funded=size.funded,
        overlays=size.overlays,
        sleeves=size.sleeves,
        tiers=size.reserve_tiers,
        drivers=size.drivers,
    )
    portfolio = TotalPortfolio(
        portfolio_id=f"sized-{size.lines}",
        as_of_date=datetime.date(2025, 6, 30),
        base_currency_code="USD",
        nav_amount=1e9,
        lines=lines,
        margin_pools=tuple(MarginPool(margin_pool_id=pool, outright=OutrightMargin()) for pool in POOLS),
        line_groups=_groups(lines),
    )
    problem = AllocationProblem(
        market=market,
        portfolio=portfolio,
        mandate=Mandate(mandate_id="sized"),
        objective=objective or Objective(maximize_utility=MaximizeUtility(active_risk_aversion=4.0)),
    )
    reference = _reference(problem, positions)
    mandate = dataclasses.replace(problem.mandate, reference_exposures=reference)
    problem = dataclasses.replace(problem, mandate=mandate)
    limits = sized_limits(Book(problem, positions, _postings(problem, positions)))
    return dataclasses.replace(problem, mandate=dataclasses.replace(mandate, limits=limits))


def _market(draw: Draw, driver_count: int) -> MarketModel:
    ids = tuple(f"driver-{index:03d}" for index in range(driver_count))
    volatilities = [draw.between(0.04, 0.22) for _ in ids]
    return MarketModel(
        annual_risk_free_rate=0.035,
        drivers=tuple(
            Driver(
                driver_id=driver_id,
                expected_return=ExpectedReturn(annual_excess=0.25 * volatility + draw.normal(0, 0.004)),
            )
            for driver_id, volatility in zip(ids, volatilities, strict=True)
        ),
        risk_model=RiskModel(
            volatility_correlation=VolatilityCorrelation(
                annual_volatilities=tuple(
                    DriverValue(driver_id=driver_id, value=volatility)
                    for driver_id, volatility in zip(ids, volatilities, strict=True)
                ),
                correlation=SymmetricMatrix.from_square(ids, random_correlation(draw, driver_count)),
            )
        ),
    )


def _groups(lines: tuple[Line, ...]) -> tuple[LineGroup, ...]:
    """The even funds as one manager's."""
    funds = [line.line_id for line in lines if line.kind == LineKind.FUNDED_BETA]
    return (LineGroup(line_group_id="one-manager", line_ids=tuple(funds[::2])),) if funds else ()


def _reference(problem: AllocationProblem, positions: FloatArray) -> tuple[DriverValue, ...]:
    """Exposures of the funds and overlays of the book, to four digits."""
    beta = np.array(
        [line.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY) for line in problem.portfolio.lines]
    )
    exposures = read_numbers(problem).loadings.T @ (positions * beta)
    return tuple(
        DriverValue(driver_id=driver.driver_id, value=round(float(value), 4))
        for driver, value in zip(problem.market.drivers, exposures, strict=True)
    )


def _postings(problem: AllocationProblem, positions: FloatArray) -> Postings:
    """The first tier posts everything: it is free of haircut and taken by every pool."""
    postings: Postings = {}
    first = next(line for line in problem.portfolio.lines if line.reserve_tier is not None)
    for pool in POOLS:
        postings[first.line_id, pool] = 0.0
    for line, position in zip(problem.portfolio.lines, positions, strict=True):
        if line.overlay is not None:
            key = (first.line_id, line.overlay.margin_pool_id)
            postings[key] += (line.overlay.initial_margin_rate or 0.0) * abs(float(position))
        elif line.unfunded is not None:
            key = (first.line_id, line.unfunded.margin_pool_id)
            postings[key] += line.unfunded.initial_margin_rate * float(position)
    return postings
