"""Exposure of alpha to factors."""

from __future__ import annotations

from counterpoise.model import Aggregation, ExposureMeasure, FactorNeutralityMeasure
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.exposure import measure_exposure


def measure_neutrality(book: Book, measure: FactorNeutralityMeasure, limit_id: str) -> Constraint:
    """Sum of loading times position over the lines, one member for each driver, with its sign."""
    exposure = ExposureMeasure(drivers=measure.drivers, aggregation=Aggregation.EACH, lines=measure.lines)
    return measure_exposure(book, exposure, limit_id)
