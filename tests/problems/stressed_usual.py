"""Limits that say nothing of scenarios, beside those that do."""

from __future__ import annotations

import dataclasses

from counterpoise.model import (
    Aggregation,
    DriverScope,
    ExposureMeasure,
    Limit,
    LineKind,
    LineScope,
    PositionMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
)
from tests.problems.draw import Draw
from tests.reference.stress_book import StressBook
from tests.reference.stress_risk import risk


def usual_limits(draw: Draw, book: StressBook) -> list[Limit]:
    """A reserve rule, bands of exposure, active risk, a band of sleeves; each in some problems."""
    limits: list[Limit] = []
    if draw.chance(0.3):
        limits.append(_reserve(draw, book))
    if draw.chance(0.5):
        limits.append(_exposure(draw, book))
    if book.problem.mandate.reference_exposures and draw.chance(0.5):
        measure = RiskMeasure(statistic=RiskStatistic.ACTIVE_VOLATILITY)
        upper = risk(book, measure) + draw.magnitude(0.002, 0.05)
        limits.append(Limit(limit_id="active-risk", upper=upper, risk=measure))
    if draw.chance(0.4):
        limits.append(_sleeves(draw, book))
    return limits


def _reserve(draw: Draw, book: StressBook) -> Limit:
    measure = ReserveMeasure(default_rate=draw.between(0.05, 0.2), posted_margin_counts=draw.chance(0.5))
    has = float(book.plain.reserve_excess(measure))
    return Limit(limit_id="reserve", lower=min(0.0, has - draw.magnitude(1e-3, 0.05)), reserve=measure)


def _exposure(draw: Draw, book: StressBook) -> Limit:
    """A band around what the book has of one driver."""
    driver = draw.one(book.problem.market.drivers)
    measure = ExposureMeasure(
        drivers=DriverScope(driver_ids=(driver.driver_id,)),
        aggregation=Aggregation.EACH,
        lines=LineScope(all_lines=True),
        relative_to_reference=bool(book.problem.mandate.reference_exposures) and draw.chance(0.5),
    )
    limit = Limit(limit_id="exposure", exposure=measure)
    (member,) = book.plain.members(limit)
    unit = 0.0008 if driver.in_basis_points else 1.0
    width = unit * draw.magnitude(0.01, 0.5)
    return dataclasses.replace(limit, lower=member.value - width, upper=member.value + width)


def _sleeves(draw: Draw, book: StressBook) -> Limit:
    measure = PositionMeasure(lines=LineScope(kinds=(LineKind.ALPHA_SLEEVE,)), aggregation=Aggregation.SUM)
    limit = Limit(limit_id="sleeves", position=measure)
    (member,) = book.plain.members(limit)
    return dataclasses.replace(limit, upper=member.value + draw.magnitude(0.005, 0.3))
