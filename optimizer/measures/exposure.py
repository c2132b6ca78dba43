"""Exposure to drivers and beta to the reference portfolio."""

from __future__ import annotations

import numpy as np

from counterpoise.model import Aggregation, ExposureMeasure, LimitKey, Unit
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, SparseRows, no_rows, single_row
from optimizer.measures.norms import Taxicab


def measure_exposure(book: Book, measure: ExposureMeasure, limit_id: str) -> Constraint:
    """x_d = sum of loading times position over the lines that count, less the reference if asked.

    Each driver, their sum, or the sum of absolute exposures; in the unit of the drivers, which is one.
    """
    drivers = np.array(measure.drivers.select(book.problem.market), dtype=np.intp)
    lines = book.universe.lines_in(measure.lines)
    block = book.loadings[np.ix_(lines, drivers)]
    unit = book.problem.market.drivers[drivers[0]].exposure_unit
    reference = np.zeros(len(drivers))
    if measure.relative_to_reference and book.reference is not None:
        reference = book.reference[drivers]
    if measure.aggregation is Aggregation.SUM:
        coefficients = np.zeros(book.line_count)
        coefficients[lines] = block.sum(axis=1)
        return Constraint(
            keys=(LimitKey(limit_id=limit_id),),
            unit=unit,
            rows=ConvexRows(np.array([-reference.sum()]), single_row(coefficients)),
        )
    line_at, driver_at = np.nonzero(block)
    rows = SparseRows(len(drivers), driver_at, lines[line_at], block[line_at, driver_at])
    if measure.aggregation is Aggregation.ABSOLUTE_SUM:
        norm = Taxicab(rows, reference, book.variable_count)
        return Constraint(
            keys=(LimitKey(limit_id=limit_id),),
            unit=unit,
            rows=ConvexRows(np.zeros(1), no_rows(1), norm=norm),
        )
    driver_ids = book.problem.market.driver_ids
    return Constraint(
        keys=tuple(LimitKey(limit_id=limit_id, driver_id=driver_ids[index]) for index in drivers),
        unit=unit,
        rows=ConvexRows(-reference, rows),
    )


def measure_reference_beta(book: Book, limit_id: str) -> Constraint:
    """x_ref'S x / x_ref'S x_ref, ratio; needs a reference of positive variance."""
    if book.reference is None:
        raise ValueError("reference beta needs reference exposures")
    direction = book.covariance @ book.reference
    coefficients = book.loadings @ (direction / (book.reference @ direction))
    return Constraint(
        keys=(LimitKey(limit_id=limit_id),),
        unit=Unit.RATIO,
        rows=ConvexRows(np.zeros(1), single_row(coefficients)),
    )
