"""Every constraint of a problem: its structural rules, then the limits of its mandate in order."""

from __future__ import annotations

from dataclasses import replace

from counterpoise.model import (
    ExposureMeasure,
    LeverageMeasure,
    Limit,
    LimitKey,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
)
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.exposure import measure_exposure, measure_reference_beta
from optimizer.measures.leverage import measure_leverage
from optimizer.measures.position import measure_position
from optimizer.measures.reserve import measure_reserve
from optimizer.measures.risk import measure_risk
from optimizer.measures.structure import structural_constraints


def constraints_of(book: Book) -> tuple[Constraint, ...]:
    """All constraints but the boxes, which `box_of` gives."""
    limits = (
        replace(measure(book, limit), lower=limit.lower, upper=limit.upper)
        for limit in book.problem.mandate.limits
    )
    return (*structural_constraints(book), *limits)


def measure(book: Book, limit: Limit) -> Constraint:
    """What a limit measures, without its bounds."""
    match limit.measure:
        case PositionMeasure() as position:
            return measure_position(book, position, limit.limit_id)
        case ExposureMeasure() as exposure:
            return measure_exposure(book, exposure, limit.limit_id)
        case ReferenceBetaMeasure():
            return measure_reference_beta(book, limit.limit_id)
        case LeverageMeasure(definition=definition):
            return measure_leverage(book, definition, LimitKey(limit_id=limit.limit_id))
        case RiskMeasure() as risk:
            return measure_risk(book, risk, limit.limit_id)
        case ReserveMeasure() as reserve:
            return measure_reserve(book, reserve, limit.limit_id)
