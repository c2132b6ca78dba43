"""Return samples: outcomes of every driver, none of which loses more than all."""

from __future__ import annotations

import numpy as np

from counterpoise.model import AllocationProblem, DriverUnit, ErrorReason, RectangularMatrix
from counterpoise.validate.counts import OUTCOMES
from counterpoise.validate.names import Names
from counterpoise.validate.namespace import Namespace
from counterpoise.validate.ranges import Range
from counterpoise.validate.rectangles import check_cover, check_rectangular
from counterpoise.validate.report import Place, Report, usable

_RETURN = Range(-1, 10, decimal="a return")
_BASIS_POINTS = Range(-5000, 5000)


def check_samples(problem: AllocationProblem, names: Names, report: Report) -> None:
    """Every sample for itself."""
    for index, sample in enumerate(problem.return_samples):
        if usable(sample) and usable(sample.outcomes):
            _check_outcomes(sample.outcomes, names, ("return_samples", index, "outcomes"), report)


def _check_outcomes(matrix: RectangularMatrix, names: Names, place: Place, report: Report) -> None:
    rows, columns = (*place, "row_ids"), (*place, "column_ids")
    if usable(matrix.column_ids) and names.drivers.check(matrix.column_ids, columns, report):
        check_cover(matrix.column_ids, names.drivers, columns, report, reason=ErrorReason.MATRIX_SHAPE)
    if len(matrix.row_ids) > OUTCOMES:
        message = f"{len(matrix.row_ids):,} outcomes, at most {OUTCOMES:,} are taken; draw fewer"
        report.add(rows, ErrorReason.TOO_MANY, message)
        return
    # Outcomes are known by this matrix alone.
    Namespace("outcome", dict.fromkeys(matrix.row_ids)).check(matrix.row_ids, rows, report)
    if not check_rectangular(matrix, place, report):
        return
    outcomes = np.asarray(matrix.values, dtype=float).reshape(len(matrix.row_ids), -1)
    in_returns = names.drivers_of_units[DriverUnit.RETURN]
    decimal = np.array([name in in_returns for name in matrix.column_ids])
    low = np.where(decimal, _RETURN.low, _BASIS_POINTS.low)
    high = np.where(decimal, _RETURN.high, _BASIS_POINTS.high)
    for row, column in np.argwhere((outcomes < low) | (outcomes > high)).tolist():
        at = (*place, "values", row * len(matrix.column_ids) + column)
        message = (_RETURN if decimal[column] else _BASIS_POINTS).refusal(outcomes[row, column])
        subjects = names.drivers.refs((matrix.column_ids[column],))
        report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message, subjects=subjects)
