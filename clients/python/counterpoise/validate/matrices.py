"""Matrices: their axes, their count of numbers, and what a covariance must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from counterpoise.model import (
    Driver,
    DriverValue,
    EntityRef,
    ErrorReason,
    FloatArray,
    RectangularMatrix,
    SymmetricMatrix,
    VolatilityCorrelation,
)
from counterpoise.validate.names import Names, Namespace
from counterpoise.validate.ranges import CORRELATION, LOADING, VARIANCE, Range
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, listed

_ROUNDING: Final = 1e-9  # a correlation computed from a sample is one only up to rounding
_INDEFINITE: Final = 1e-10  # least eigenvalue over the largest, below which a matrix is refused


def check_correlation(form: VolatilityCorrelation, names: Names, place: Place, report: Report) -> None:
    """Volatilities and correlation over every driver."""
    if usable(form.annual_volatilities):
        _check_volatilities(form.annual_volatilities, names, (*place, "annual_volatilities"), report)
    matrix = form.correlation
    place = (*place, "correlation")
    numbers = _check_symmetric(matrix, names, place, report)
    if numbers is None:
        return
    diagonal = _diagonal(len(matrix.axis_ids))
    wrong = np.abs(numbers) > 1 + _ROUNDING
    wrong[diagonal] = np.abs(numbers[diagonal] - 1) > _ROUNDING
    on_diagonal = set(diagonal.tolist())
    for index in np.flatnonzero(wrong).tolist():
        message = CORRELATION.refusal(numbers[index])
        if index in on_diagonal:
            message = f"{numbers[index]:.12g} is on the diagonal of a correlation; write 1"
        at = (*place, "lower_triangle", index)
        report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message, subjects=_pair(matrix, index))
    _check_semidefinite(matrix, numbers, place, report)


def check_covariance(matrix: SymmetricMatrix, names: Names, place: Place, report: Report) -> None:
    """A covariance of annual returns over every driver."""
    numbers = _check_symmetric(matrix, names, place, report)
    if numbers is None:
        return
    for index in _diagonal(len(matrix.axis_ids)).tolist():
        if not VARIANCE.holds(numbers[index]):
            message = (
                f"{numbers[index]:.12g} is outside {VARIANCE}; a variance is the square of an annual "
                "volatility in [0, 3]: a volatility of 15 % is 0.15 and its variance 0.0225"
            )
            at = (*place, "lower_triangle", index)
            report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message, subjects=_pair(matrix, index))
    _check_semidefinite(matrix, numbers, place, report)


def check_loadings(matrix: RectangularMatrix, names: Names, place: Place, report: Report) -> None:
    """Dense loadings: rows are lines, columns are drivers."""
    names.lines.check(matrix.row_ids, (*place, "row_ids"), report)
    names.drivers.check(matrix.column_ids, (*place, "column_ids"), report)
    if not report.sound((*place, "row_ids"), (*place, "column_ids"), (*place, "values")):
        return
    numbers = _row(matrix.values)
    rows, columns = len(matrix.row_ids), len(matrix.column_ids)
    _check_count(numbers, rows * columns, f"{rows} rows of {columns} columns", (*place, "values"), report)
    _check_range(numbers, LOADING, (*place, "values"), report)


def _check_volatilities(
    volatilities: Sequence[DriverValue], names: Names, place: Place, report: Report
) -> None:
    ids = [item.driver_id for item in volatilities]
    if names.drivers.check(ids, place, report, "driver_id"):
        _check_cover(ids, names.drivers, place, report, reason=ErrorReason.FIELD_MISSING)


def _check_symmetric(
    matrix: SymmetricMatrix, names: Names, place: Place, report: Report
) -> FloatArray | None:
    """The numbers, where there are as many as the axis asks for."""
    if not usable(matrix.axis_ids):
        return None
    axis = (*place, "axis_ids")
    if names.drivers.check(matrix.axis_ids, axis, report):
        _check_cover(matrix.axis_ids, names.drivers, axis, report, reason=ErrorReason.MATRIX_SHAPE)
    if not usable(matrix.lower_triangle):
        return None
    numbers = _row(matrix.lower_triangle)
    size = len(matrix.axis_ids)
    wanted = f"the lower triangle of {size} rows, diagonal included,"
    complete = _check_count(numbers, size * (size + 1) // 2, wanted, (*place, "lower_triangle"), report)
    return numbers if complete else None


def _check_count(numbers: FloatArray, count: int, wanted: str, place: Place, report: Report) -> bool:
    if len(numbers) != count:
        message = f"{len(numbers):,} numbers, but {wanted} has {count:,}; write as many, row by row"
        report.add(place, ErrorReason.MATRIX_SHAPE, message)
    return len(numbers) == count


def _check_range(numbers: FloatArray, interval: Range, place: Place, report: Report) -> None:
    outside = (numbers < interval.least) | (numbers > interval.most)
    for index in np.flatnonzero(outside).tolist():
        report.add((*place, index), ErrorReason.NUMBER_OUT_OF_RANGE, interval.refusal(numbers[index]))


def _check_semidefinite(matrix: SymmetricMatrix, numbers: FloatArray, place: Place, report: Report) -> None:
    largest = float(np.max(np.abs(numbers)))
    if not report.sound((*place, "lower_triangle")) or largest == 0:
        return
    scaled = SymmetricMatrix(axis_ids=matrix.axis_ids, lower_triangle=numbers / largest).to_square()
    try:
        # Much cheaper than eigenvalues, and enough for nearly every matrix that comes.
        np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        values = np.linalg.eigvalsh(scaled)
        if values[0] < -_INDEFINITE * np.max(np.abs(values)):
            message = (
                f"not positive semidefinite: the smallest eigenvalue is {values[0] * largest:.6g}; "
                "estimate all entries from one sample, or replace eigenvalues below zero"
            )
            report.add(place, ErrorReason.MATRIX_NOT_PSD, message)


def _check_cover(
    ids: Sequence[str], drivers: Namespace[Driver], place: Place, report: Report, *, reason: ErrorReason
) -> None:
    """Reports drivers that `ids` leave out."""
    named = set(ids)
    absent = [name for name in drivers.by_id if name not in named]
    if absent:
        subjects = tuple(EntityRef(driver_id=name) for name in absent[:10] if is_id(name))
        message = f"covers every driver but {listed(absent)}; add what is missing"
        report.add(place, reason, message, subjects=subjects)


def _pair(matrix: SymmetricMatrix, index: int) -> tuple[EntityRef, ...]:
    """The drivers of the row and the column of a number of the lower triangle."""
    row = int((np.sqrt(8 * index + 1) - 1) // 2)
    column = index - row * (row + 1) // 2
    ids = dict.fromkeys((matrix.axis_ids[row], matrix.axis_ids[column]))
    return tuple(EntityRef(driver_id=name) for name in ids if is_id(name))


def _diagonal(size: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.cumsum(np.arange(1, size + 1)) - 1


def _row(values: object) -> FloatArray:
    return np.asarray(values, dtype=float)
