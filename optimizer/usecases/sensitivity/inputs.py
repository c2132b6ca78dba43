"""The numbers of a problem that are moved: premia, alphas, margin rates, bounds of hard limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from counterpoise.model import (
    AllocationProblem,
    AlphaBasis,
    AlphaInput,
    BoundInput,
    Driver,
    ExpectedAlpha,
    ExpectedReturn,
    Line,
    MarginRateInput,
    PremiumInput,
    Side,
    Unit,
)
from optimizer.measures.constraint import Constraint

_BASIS_POINTS = 10_000.0
_BASES = ("annual_total", "annual_over_cash", "annual_over_beta")
_RETURNS = ("annual_total", "annual_excess")

T = TypeVar("T")
Name: TypeAlias = PremiumInput | AlphaInput | MarginRateInput | BoundInput


@dataclass(frozen=True)
class Input:
    """A number, at its place among the drivers, lines or limits of its problem.

    The expected move of a driver in basis points is told as an annual decimal, like any premium.
    """

    name: Name
    place: int
    value: float
    unit: Unit

    def step(self, wanted: float) -> float:
        """How far it is moved; a bound per basis point less, by what its unit weighs beside others."""
        return wanted / self.unit.weight

    def moved(self, problem: AllocationProblem, value: float) -> AllocationProblem:
        """The problem with another value here; all other parts stay the same objects."""
        match self.name:
            case PremiumInput():
                drivers = problem.market.drivers
                driver = _with_premium(drivers[self.place], value)
                market = replace(problem.market, drivers=_put(drivers, self.place, driver))
                return replace(problem, market=market)
            case BoundInput(side=side):
                limits = problem.mandate.limits
                limit = limits[self.place]
                limit = replace(limit, lower=value) if side is Side.LOWER else replace(limit, upper=value)
                mandate = replace(problem.mandate, limits=_put(limits, self.place, limit))
                return replace(problem, mandate=mandate)
            case AlphaInput() | MarginRateInput():
                lines = problem.portfolio.lines
                with_value = _with_alpha if isinstance(self.name, AlphaInput) else _with_margin_rate
                line = with_value(lines[self.place], value)
                portfolio = replace(problem.portfolio, lines=_put(lines, self.place, line))
                return replace(problem, portfolio=portfolio)


def inputs_of(problem: AllocationProblem, constraints: dict[str, Constraint]) -> tuple[Input, ...]:
    """Premia, alphas, margin rates, bounds of hard limits, each in the order of the problem.

    `constraints` are those of the limits, by the limit's id.
    """
    return (*_premia(problem), *_alphas(problem), *_margin_rates(problem), *_bounds(problem, constraints))


def _premia(problem: AllocationProblem) -> Iterator[Input]:
    for place, driver in enumerate(problem.market.drivers):
        given = driver.expected_return
        if given.annual_basis_points is not None:
            value = given.annual_basis_points / _BASIS_POINTS
        else:
            value = getattr(given, _field_set(given, _RETURNS))
        yield Input(PremiumInput(driver_id=driver.driver_id), place, value, Unit.ANNUAL_RATE)


def _alphas(problem: AllocationProblem) -> Iterator[Input]:
    for place, line in enumerate(problem.portfolio.lines):
        if line.alpha_sleeve is not None:
            basis = line.alpha_sleeve.expected_alpha.basis
            value = getattr(basis, _field_set(basis, _BASES))
            yield Input(AlphaInput(line_id=line.line_id), place, value, Unit.ANNUAL_RATE)


def _margin_rates(problem: AllocationProblem) -> Iterator[Input]:
    for place, line in enumerate(problem.portfolio.lines):
        rate = line.initial_margin_rate
        if rate is not None:
            yield Input(MarginRateInput(line_id=line.line_id), place, rate, Unit.RATIO)


def _bounds(problem: AllocationProblem, constraints: dict[str, Constraint]) -> Iterator[Input]:
    for place, limit in enumerate(problem.mandate.limits):
        for side, bound in ((Side.LOWER, limit.lower), (Side.UPPER, limit.upper)):
            if bound is not None and limit.soft is None:
                name = BoundInput(limit_id=limit.limit_id, side=side)
                yield Input(name, place, bound, constraints[limit.limit_id].unit)


def _field_set(of: ExpectedReturn | AlphaBasis, names: tuple[str, ...]) -> str:
    """Which of the fields is set: how a number is declared is how it is moved."""
    return next(name for name in names if getattr(of, name) is not None)


def _with_premium(driver: Driver, value: float) -> Driver:
    given = driver.expected_return
    if given.annual_basis_points is not None:
        moved = replace(given, annual_basis_points=value * _BASIS_POINTS)
    else:
        moved = replace(given, **{_field_set(given, _RETURNS): value})
    return replace(driver, expected_return=moved)


def _with_alpha(line: Line, value: float) -> Line:
    if line.alpha_sleeve is None:
        raise ValueError(f"line {line.line_id} is no sleeve")
    given = line.alpha_sleeve.expected_alpha
    basis = replace(given.basis, **{_field_set(given.basis, _BASES): value})
    net = given.net_of_fees is not None
    moved = ExpectedAlpha(net_of_fees=basis) if net else ExpectedAlpha(gross_of_fees=basis)
    return replace(line, alpha_sleeve=replace(line.alpha_sleeve, expected_alpha=moved))


def _with_margin_rate(line: Line, value: float) -> Line:
    if line.overlay is not None:
        return replace(line, overlay=replace(line.overlay, initial_margin_rate=value))
    if line.alpha_sleeve is None or line.unfunded is None:
        raise ValueError(f"line {line.line_id} has no margin rate")
    account = replace(line.unfunded, initial_margin_rate=value)
    return replace(line, alpha_sleeve=replace(line.alpha_sleeve, unfunded_account=account))


def _put(items: tuple[T, ...], place: int, item: T) -> tuple[T, ...]:
    return (*items[:place], item, *items[place + 1 :])
