"""Random limits with room around what a book has, so that the book stays allowed."""

from __future__ import annotations

from counterpoise.model import (
    Aggregation,
    DriverScope,
    ExposureMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineScope,
    LineValue,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
)
from tests.problems.draw import Draw
from tests.reference.book import Book
from tests.reference.numbers import is_margined
from tests.reference.scopes import faced_by, violation_units

Bounds = tuple[float | None, float | None]


def random_limits(draw: Draw, book: Book, *, most: int) -> tuple[Limit, ...]:
    """Up to `most` limits, and a cap on gross leverage where the default one would exclude the book."""
    makers = [_position, _exposure, _exposure, _leverage, _risk, _risk, _reserve]
    numbers = book.numbers
    if float(numbers.reference @ numbers.covariance @ numbers.reference) > 1e-6:
        makers.append(_reference_beta)
    limits = [draw.one(makers)(draw, book, f"limit-{number}") for number in range(draw.count(0, most))]
    gross = book.leverage(LeverageDefinition.GROSS_NOTIONAL)
    if gross > 1.45:
        cap = LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL)
        limits.append(Limit(limit_id="gross-cap", upper=gross + draw.between(0.05, 0.5), leverage=cap))
    return tuple(limits)


def _around(
    draw: Draw, values: list[float], *, two_sided: bool, target: bool, smallest: float = 0.1
) -> Bounds:
    """Bounds with room around all the values, in proportion to their size."""
    size = max(smallest, *(abs(value) for value in values))
    if two_sided and target and len(values) == 1:
        return values[0], values[0]
    lower = min(values) - draw.magnitude(0.01, 1.0) * size
    upper = max(values) + draw.magnitude(0.01, 1.0) * size
    if not two_sided:
        return None, upper
    return draw.one(((lower, upper), (lower, None), (None, upper)))


def line_scope(draw: Draw, book: Book) -> LineScope:
    """One of the ways to name lines; never one that selects nothing."""
    portfolio = book.problem.portfolio
    ids = portfolio.line_ids
    kinds = tuple(sorted({line.kind for line in portfolio.lines}))
    group_ids = tuple(group.line_group_id for group in portfolio.line_groups)
    way = draw.count(0, 4)
    if way == 0:
        return LineScope(all_lines=True)
    if way == 1 and len(ids) > 2:
        return LineScope(all_lines=True, excluded_line_ids=(draw.one(ids),))
    if way == 2 and group_ids:
        return LineScope(
            line_group_ids=(draw.one(group_ids),), line_ids=draw.some(ids) if draw.chance(0.3) else ()
        )
    if way == 3:
        return LineScope(line_ids=draw.some(ids))
    faced = tuple(sorted({faced_by(book.problem, line) for line in portfolio.lines} - {""}))
    if faced and draw.chance(0.5):
        return LineScope(counterparty_ids=draw.some(faced))
    return LineScope(kinds=draw.some(kinds))


def exposed_drivers(draw: Draw, book: Book) -> DriverScope:
    """Drivers of one unit, as exposures need them."""
    market = book.problem.market
    units = {driver.in_basis_points for driver in market.drivers}
    if len(units) == 1:
        return driver_scope(draw, book)
    wanted = draw.chance(0.4)
    alike = {driver.driver_id for driver in market.drivers if driver.in_basis_points == wanted}
    groups = [group for group in market.driver_groups if alike.issuperset(group.driver_ids)]
    if groups and draw.chance(0.4):
        return DriverScope(driver_group_ids=(draw.one(groups).driver_group_id,))
    return DriverScope(driver_ids=draw.some([name for name in market.driver_ids if name in alike]))


def driver_scope(draw: Draw, book: Book) -> DriverScope:
    """One of the ways to name drivers."""
    market = book.problem.market
    group_ids = tuple(group.driver_group_id for group in market.driver_groups)
    way = draw.count(0, 2)
    if way == 0:
        return DriverScope(all_drivers=True)
    if way == 1 and group_ids:
        return DriverScope(driver_group_ids=(draw.one(group_ids),))
    return DriverScope(driver_ids=draw.some(market.driver_ids))


def _position(draw: Draw, book: Book, limit_id: str) -> Limit:
    aggregation = draw.one(tuple(Aggregation))
    measure = PositionMeasure(lines=line_scope(draw, book), aggregation=aggregation)
    probe = Limit(limit_id=limit_id, position=measure)
    values = [member.value for member in book.members(probe)]
    two_sided = aggregation != Aggregation.ABSOLUTE_SUM
    lower, upper = _around(draw, values, two_sided=two_sided, target=draw.chance(0.15))
    return Limit(limit_id=limit_id, lower=lower, upper=upper, position=measure)


def _exposure(draw: Draw, book: Book, limit_id: str) -> Limit:
    aggregation = draw.one(tuple(Aggregation))
    measure = ExposureMeasure(
        drivers=exposed_drivers(draw, book),
        aggregation=aggregation,
        lines=line_scope(draw, book),
        relative_to_reference=bool(book.problem.mandate.reference_exposures) and draw.chance(0.3),
    )
    probe = Limit(limit_id=limit_id, exposure=measure)
    values = [member.value for member in book.members(probe)]
    two_sided = aggregation != Aggregation.ABSOLUTE_SUM
    smallest = 0.1 / violation_units(book.problem, probe)
    lower, upper = _around(draw, values, two_sided=two_sided, target=draw.chance(0.2), smallest=smallest)
    return Limit(limit_id=limit_id, lower=lower, upper=upper, exposure=measure)


def _leverage(draw: Draw, book: Book, limit_id: str) -> Limit:
    definition = draw.one(tuple(LeverageDefinition))
    upper = book.leverage(definition) + draw.magnitude(0.01, 0.5)
    return Limit(limit_id=limit_id, upper=upper, leverage=LeverageMeasure(definition=definition))


def _risk(draw: Draw, book: Book, limit_id: str) -> Limit:
    active = bool(book.problem.mandate.reference_exposures) and draw.chance(0.4)
    measure = RiskMeasure(
        statistic=RiskStatistic.ACTIVE_VOLATILITY if active else RiskStatistic.TOTAL_VOLATILITY,
        lines=line_scope(draw, book) if not active and draw.chance(0.4) else None,
        drivers=driver_scope(draw, book) if draw.chance(0.25) else None,
    )
    upper = book.volatility(measure) * (1 + draw.magnitude(0.02, 1.0)) + 0.001
    return Limit(limit_id=limit_id, upper=upper, risk=measure)


def _reserve(draw: Draw, book: Book, limit_id: str) -> Limit:
    """A rule at zero where the book's reserve can carry it, else a lower bound that it meets."""
    margined = tuple(line.line_id for line in book.problem.portfolio.lines if is_margined(line))
    named = draw.some(margined) if margined and draw.chance(0.4) else ()
    measure = ReserveMeasure(
        default_rate=draw.between(0.0, 0.3),
        rates=tuple(LineValue(line_id=line_id, value=draw.between(0.0, 0.4)) for line_id in named),
        posted_margin_counts=draw.chance(0.5),
    )
    excess = book.reserve_excess(measure)
    lower = 0.0 if excess > 0.005 and draw.chance(0.6) else excess - draw.magnitude(0.005, 0.1)
    return Limit(limit_id=limit_id, lower=lower, reserve=measure)


def _reference_beta(draw: Draw, book: Book, limit_id: str) -> Limit:
    lower, upper = _around(draw, [book.reference_beta()], two_sided=True, target=draw.chance(0.1))
    return Limit(limit_id=limit_id, lower=lower, upper=upper, reference_beta=ReferenceBetaMeasure())
