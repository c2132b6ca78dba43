"""Problems with a known optimum: a primal and a dual solution by construction.

Around a book that every limit leaves room for, some limits are drawn tight and get prices that make their
lines indifferent; every other line is boxed in on the side that it would leave to. Goals are concave, so no
allocation within these bounds is better than the book.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    DriverScope,
    ExposureMeasure,
    FloatArray,
    Limit,
    Line,
    LineScope,
    MaximizeUtility,
    MinimizeRisk,
    PositionMeasure,
)
from tests.problems.draw import Draw
from tests.problems.over_ranges import over_ranges_case
from tests.problems.randomized import RandomCase
from tests.reference.book import TOTAL, Book
from tests.reference.numbers import capital_per_unit
from tests.reference.return_terms import cost, return_terms

INDIFFERENT = 1e-12
MOST_PRICED = 4


@dataclass(frozen=True, kw_only=True)
class KnownOptimum:
    """A problem, the best value of its objective, and the prices that prove it."""

    problem: AllocationProblem
    objective: float
    prices: float
    """Sum of all prices, absolute: what a unit of violation everywhere would be worth."""


def known_optimum(seed: int) -> KnownOptimum:
    """Of 4 to 12 lines, every unit over its documented range; equal seeds give equal problems."""
    draw = Draw(seed)
    case = _without_trading(over_ranges_case(seed))
    problem, positions = case.problem, case.positions
    book = Book(problem, positions, case.postings)
    gains = _gains(book)
    paid = np.array([capital_per_unit(line) for line in problem.portfolio.lines])
    # Whoever sets the price of capital is indifferent; there is always a tier or a fund.
    capital_price = float(draw.one([gain / unit for gain, unit in zip(gains, paid, strict=True) if unit]))
    left = gains - capital_price * paid
    limits, prices = list(problem.mandate.limits), abs(capital_price)
    for number in range(draw.count(0, MOST_PRICED)):
        limit, slopes, price = _priced(draw, book, left, f"priced-{number}")
        limits.append(limit)
        left = left - price * slopes
        prices += abs(price)
    left[np.abs(left) <= INDIFFERENT * np.abs(gains).max(initial=1e-9)] = 0.0
    lines = tuple(
        _boxed_in(line, float(h), float(gain))
        for line, h, gain in zip(problem.portfolio.lines, positions, left, strict=True)
    )
    problem = dataclasses.replace(
        problem,
        portfolio=dataclasses.replace(problem.portfolio, lines=lines),
        mandate=dataclasses.replace(problem.mandate, limits=tuple(limits)),
    )
    objective = Book(problem, positions, case.postings).objective()
    return KnownOptimum(problem=problem, objective=objective, prices=prices + float(np.abs(left).sum()))


def _without_trading(case: RandomCase) -> RandomCase:
    """Costs of trading bend the goal at the current position, where it has no one slope."""
    lines = tuple(dataclasses.replace(line, trading_cost=None) for line in case.problem.portfolio.lines)
    portfolio = dataclasses.replace(case.problem.portfolio, lines=lines)
    return dataclasses.replace(case, problem=dataclasses.replace(case.problem, portfolio=portfolio))


def _gains(book: Book) -> FloatArray:
    """What the goal gains by a unit of each line; differences are exact for degree two at most."""
    result = np.zeros(len(book.h))
    for row, h in enumerate(book.h):
        step = abs(float(h)) / 2 or 0.01
        up, down = (_moved(book, row, sign * step) for sign in (1.0, -1.0))
        result[row] = (up - down) / (2 * step)
    return result


def _moved(book: Book, row: int, step: float) -> float:
    h = book.h.copy()
    h[row] += step
    return _smooth_goal(Book(book.problem, h, book.postings, book.numbers), book)


def _smooth_goal(moved: Book, at: Book) -> float:
    """The goal to be maximised, of degree two at most near `at`: a volatility by its variance's slope."""
    goal = moved.problem.objective.goal
    if isinstance(goal, MinimizeRisk):
        volatility = at.volatility(TOTAL)
        return -(moved.volatility(TOTAL) ** 2) / (2 * volatility) if volatility else 0.0
    if moved.problem.objective.maximizes:
        risk = moved.volatility(TOTAL) ** 2
        aversion = goal.total_risk_aversion or 0.0 if isinstance(goal, MaximizeUtility) else 0.0
        return moved.net_return() - 0.5 * aversion * risk
    return -cost(return_terms(moved.problem, moved.numbers, moved.h, moved.postings))


def _priced(draw: Draw, book: Book, left: FloatArray, limit_id: str) -> tuple[Limit, FloatArray, float]:
    """A limit that holds at the book, its slopes, and the price that makes one line indifferent to it."""
    ids = book.problem.portfolio.line_ids
    row = draw.count(0, len(ids) - 1)
    loaded = np.flatnonzero(book.numbers.loadings[row])
    if len(loaded) and draw.chance(0.5):
        column = int(draw.one(list(loaded)))
        slopes = book.numbers.loadings[:, column]
        scope = DriverScope(driver_ids=(book.problem.market.driver_ids[column],))
        measure = ExposureMeasure(drivers=scope, aggregation=Aggregation.SUM, lines=LineScope(all_lines=True))
        limit = Limit(limit_id=limit_id, exposure=measure)
    else:
        chosen = sorted({row, *(place for place in range(len(ids)) if draw.chance(0.5))})
        slopes = np.isin(np.arange(len(ids)), chosen).astype(float)
        scope_of_lines = LineScope(line_ids=tuple(ids[place] for place in chosen))
        limit = Limit(
            limit_id=limit_id,
            position=PositionMeasure(lines=scope_of_lines, aggregation=Aggregation.SUM),
        )
    price = float(left[row] / slopes[row])
    (member,) = book.members(limit)
    upper = member.value if price > 0 or draw.chance(0.1) else None
    lower = member.value if upper is None or price < 0 else None
    return dataclasses.replace(limit, lower=lower, upper=upper), slopes, price


def _boxed_in(line: Line, position: float, gain: float) -> Line:
    """The line may not go where it gains; at zero an overlay's gain has two slopes, so it stays there."""
    bent = line.overlay is not None and position == 0.0
    lower = position if bent or gain < 0.0 else line.minimum_fraction
    upper = position if bent or gain > 0.0 else line.maximum_fraction
    return dataclasses.replace(line, minimum_fraction=lower, maximum_fraction=upper)
