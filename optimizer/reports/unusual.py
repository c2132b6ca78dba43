"""Numbers that are valid and unusual for what they stand for: perhaps in percent, or in another unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from counterpoise.model import EntityRef, Limit, Line, Unit, Warning, WarningCode
from counterpoise.recall import Recall
from optimizer.measures.book import Book

_LARGE_LEVERAGE = 10.0
_LARGE_VOLATILITY = 1.0
_SMALL_RATE_VOLATILITY = 1.0
"""Basis points a year."""
_LARGE_RATE_LOADING = 0.01
"""Return per basis point: a duration of a hundred years."""
_LARGE_POSITION = 5.0


_OF_LINES: Final = Recall[tuple[Warning, ...]](8)


def warn_of_unusual(book: Book) -> tuple[Warning, ...]:
    """One warning for each."""
    problem = book.problem
    return (
        *(warning for limit in problem.mandate.limits for warning in _of_limit(limit)),
        *_OF_LINES.get((problem.market, problem.portfolio), lambda: (*_of_lines(book), *_of_drivers(book))),
    )


def _of_lines(book: Book) -> Iterator[Warning]:
    for line in book.problem.portfolio.lines:
        yield from _of_line(line)


def _of_drivers(book: Book) -> Iterator[Warning]:
    volatility = book.covariance.diagonal() ** 0.5
    largest = abs(book.loadings).max(axis=0, initial=0.0)
    for index, driver in enumerate(book.problem.market.drivers):
        if not driver.in_basis_points:
            continue
        subject = EntityRef(driver_id=driver.driver_id)
        if 0.0 < volatility[index] < _SMALL_RATE_VOLATILITY:
            said = f"the volatility of {driver.driver_id} is {volatility[index]:.4g} basis points a year"
            yield _unusual(f"{said}; a rate of 0.75 % a year is written 75", subject)
        if largest[index] > _LARGE_RATE_LOADING:
            said = f"a loading on {driver.driver_id} is {largest[index]:.4g} per basis point"
            yield _unusual(f"{said}; a duration of eight years is written -0.0008", subject)


def _of_limit(limit: Limit) -> Iterator[Warning]:
    upper = limit.upper
    if upper is None:
        return
    if limit.leverage is not None and upper > _LARGE_LEVERAGE:
        yield _unusual(
            f"{limit.limit_id} allows leverage up to {upper:.4g} times NAV, which limits nothing; "
            "130 % is written 1.3",
            EntityRef(limit_id=limit.limit_id),
        )
    if limit.risk is not None and limit.risk.statistic.unit is Unit.ANNUAL_RATE and upper > _LARGE_VOLATILITY:
        yield _unusual(
            f"{limit.limit_id} allows a volatility up to {100 * upper:.4g} % a year, which limits nothing; "
            "4 % is written 0.04",
            EntityRef(limit_id=limit.limit_id),
        )


def _of_line(line: Line) -> Iterator[Warning]:
    current = line.current_fraction
    if current is None:
        return
    subject = EntityRef(line_id=line.line_id)
    if abs(current) > _LARGE_POSITION:
        yield _unusual(
            f"{line.line_id} is said to be {100 * current:.4g} % of NAV now; 30 % is written 0.3", subject
        )
    redeemable = line.alpha_sleeve.redeemable_fraction if line.alpha_sleeve is not None else None
    if redeemable is not None and redeemable > current > 0.0:
        yield _unusual(
            f"{line.line_id} lets go {redeemable:.4g} of NAV, more than the {current:.4g} that it holds: "
            "redeemable_fraction is of NAV, not of the holding",
            subject,
        )


def _unusual(message: str, subject: EntityRef) -> Warning:
    return Warning(code=WarningCode.INPUT_UNUSUAL, message=message, subjects=(subject,))
