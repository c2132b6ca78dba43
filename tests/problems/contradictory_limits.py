"""Limits that no allocation can meet: beyond what the rest of the problem allows by a gap."""

from __future__ import annotations

from collections.abc import Callable

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    DriverScope,
    ExposureMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineKind,
    LineScope,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
)
from tests.problems.draw import Draw
from tests.reference.conic_measures import leverage, reserve
from tests.reference.conic_structure import Formulation
from tests.reference.extremes import least, least_risk, most
from tests.reference.numbers import capital_per_unit, read_numbers
from tests.reference.structure import box

NAME = "contradiction"
ALL = LineScope(all_lines=True)
Limits = tuple[Limit, ...] | None


def _paid(problem: AllocationProblem) -> tuple[str, ...]:
    return tuple(line.line_id for line in problem.portfolio.lines if capital_per_unit(line) > 0)


def _borrowable(problem: AllocationProblem) -> float:
    credit = (line for line in problem.portfolio.lines if line.kind == LineKind.CREDIT_LINE)
    return sum(box(problem, line)[1] or 0.0 for line in credit)


def budget(_draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """More paid positions than capital and credit."""
    measure = PositionMeasure(lines=LineScope(line_ids=_paid(problem)), aggregation=Aggregation.SUM)
    return (Limit(limit_id=NAME, lower=1 + _borrowable(problem) + gap, position=measure),)


def reserve_rule(draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """A reserve rule above what capital, margin and the other limits leave."""
    measure = ReserveMeasure(default_rate=draw.between(0.0, 0.5), posted_margin_counts=draw.chance(0.5))
    largest = most(problem, lambda formulation: reserve(formulation, measure))
    return (Limit(limit_id=NAME, lower=largest + gap, reserve=measure),)


def leverage_cap(draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """A cap below the least leverage that is left."""
    definition = draw.one(tuple(LeverageDefinition))
    smallest = least(problem, lambda formulation: leverage(formulation, definition))
    measure = LeverageMeasure(definition=definition)
    return (Limit(limit_id=NAME, upper=smallest - gap, leverage=measure),)


def _driver_row(driver: int) -> Callable[[Formulation], dict[int, float]]:
    def row_of(formulation: Formulation) -> dict[int, float]:
        return {formulation.exposures(tuple(range(len(formulation.lines))))[driver]: 1.0}

    return row_of


def _loaded_driver(draw: Draw, problem: AllocationProblem) -> int | None:
    loadings = abs(read_numbers(problem).loadings)
    drivers = [driver for driver in range(loadings.shape[1]) if loadings[:, driver].sum() > 0]
    return draw.one(drivers) if drivers else None


def exposure_out_of_reach(draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """An exposure target beyond what leverage, margin and capital allow."""
    driver = _loaded_driver(draw, problem)
    if driver is None:
        return None
    measure = ExposureMeasure(
        drivers=DriverScope(driver_ids=(problem.market.driver_ids[driver],)),
        aggregation=draw.one((Aggregation.EACH, Aggregation.SUM)),
        lines=ALL,
    )
    size = max(1.0, float(abs(read_numbers(problem).loadings[:, driver]).max()))
    if draw.chance(0.5):
        target = most(problem, _driver_row(driver)) + gap * size
        return (Limit(limit_id=NAME, lower=target, upper=target, exposure=measure),)
    return (Limit(limit_id=NAME, upper=least(problem, _driver_row(driver)) - gap * size, exposure=measure),)


def absolute_exposure(draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """Absolute exposures below what one target alone needs."""
    driver = _loaded_driver(draw, problem)
    if driver is None:
        return None
    reach = most(problem, _driver_row(driver))
    if reach < 0.05:
        return None
    ids = problem.market.driver_ids
    target = ExposureMeasure(
        drivers=DriverScope(driver_ids=(ids[driver],)), aggregation=Aggregation.EACH, lines=ALL
    )
    total = ExposureMeasure(
        drivers=DriverScope(all_drivers=True), aggregation=Aggregation.ABSOLUTE_SUM, lines=ALL
    )
    wanted = 0.9 * reach
    return (
        Limit(limit_id="target", lower=wanted, exposure=target),
        Limit(limit_id=NAME, upper=wanted / (1 + gap), exposure=total),
    )


def risk_cap(draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """A risk cap below the least risk: total, active, of some lines, of a family of drivers."""
    active = bool(problem.mandate.reference_exposures) and draw.chance(0.4)
    measure = RiskMeasure(
        statistic=RiskStatistic.ACTIVE_VOLATILITY if active else RiskStatistic.TOTAL_VOLATILITY,
        lines=LineScope(line_ids=draw.some(problem.portfolio.line_ids))
        if not active and draw.chance(0.3)
        else None,
        drivers=DriverScope(driver_ids=draw.some(problem.market.driver_ids)) if draw.chance(0.2) else None,
    )
    smallest = least_risk(problem, measure)
    if smallest < 0.002:
        return None
    return (Limit(limit_id=NAME, upper=smallest / (1 + gap), risk=measure),)


def risk_against_target(draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """A driver's target and a cap on the risk of that driver which the target alone exceeds."""
    driver = _loaded_driver(draw, problem)
    if driver is None:
        return None
    volatility = float(read_numbers(problem).covariance[driver, driver]) ** 0.5
    reach = most(problem, _driver_row(driver))
    if reach * volatility < 0.005:
        return None
    scope = DriverScope(driver_ids=(problem.market.driver_ids[driver],))
    target = ExposureMeasure(drivers=scope, aggregation=Aggregation.EACH, lines=ALL)
    cap = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY, drivers=scope)
    return (
        Limit(limit_id="target", lower=0.9 * reach, exposure=target),
        Limit(limit_id=NAME, upper=0.9 * reach * volatility / (1 + gap), risk=cap),
    )


def reference_beta(_draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """A beta corridor above every beta that is left."""
    numbers = read_numbers(problem)
    covariances = numbers.covariance @ numbers.reference
    variance = float(numbers.reference @ covariances)
    if variance < 1e-5:
        return None

    def row_of(formulation: Formulation) -> dict[int, float]:
        x = formulation.exposures(tuple(range(len(formulation.lines))))
        return {column: float(value) / variance for column, value in zip(x, covariances, strict=True)}

    limit = Limit(limit_id=NAME, lower=most(problem, row_of) + gap, reference_beta=ReferenceBetaMeasure())
    return (limit,)


def sums_that_cross(draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """A sum above the sum of absolute positions of the same lines."""
    scope = LineScope(line_ids=draw.some(problem.portfolio.line_ids))
    signed = PositionMeasure(lines=scope, aggregation=Aggregation.SUM)
    absolute = PositionMeasure(lines=scope, aggregation=Aggregation.ABSOLUTE_SUM)
    upper = draw.between(0.0, 0.5)
    return (
        Limit(limit_id=NAME, lower=upper + gap, position=signed),
        Limit(limit_id="absolute", upper=upper, position=absolute),
    )


def group_below_its_members(draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """A group that must hold less than each of its members together must."""
    ids = draw.some(_paid(problem))
    scope = LineScope(line_ids=ids)
    floor = draw.between(0.3, 0.6) / len(ids)
    each = PositionMeasure(lines=scope, aggregation=Aggregation.EACH)
    together = PositionMeasure(lines=scope, aggregation=Aggregation.SUM)
    return (
        Limit(limit_id="each", lower=floor, position=each),
        Limit(limit_id=NAME, upper=floor * len(ids) / (1 + gap), position=together),
    )


def above_the_own_amount(draw: Draw, problem: AllocationProblem, gap: float) -> Limits:
    """A sleeve beyond its capacity, or credit beyond its commitment."""
    capped = [
        line
        for line in problem.portfolio.lines
        if line.credit_line is not None
        or (line.alpha_sleeve is not None and line.alpha_sleeve.capacity_amount is not None)
    ]
    if not capped:
        return None
    line = draw.one(capped)
    # Its own maximum goes through the box; here the amount is what stands in the way.
    amount = box(problem, line)[1] or 0.0
    scope = LineScope(line_ids=(line.line_id,))
    measure = PositionMeasure(lines=scope, aggregation=draw.one((Aggregation.EACH, Aggregation.SUM)))
    return (Limit(limit_id=NAME, lower=amount + gap, position=measure),)


LIMIT_KINDS: dict[str, Callable[[Draw, AllocationProblem, float], Limits]] = {
    "budget": budget,
    "reserve_rule": reserve_rule,
    "leverage_cap": leverage_cap,
    "exposure_out_of_reach": exposure_out_of_reach,
    "absolute_exposure": absolute_exposure,
    "risk_cap": risk_cap,
    "risk_against_target": risk_against_target,
    "reference_beta": reference_beta,
    "sums_that_cross": sums_that_cross,
    "group_below_its_members": group_below_its_members,
    "above_the_own_amount": above_the_own_amount,
}
