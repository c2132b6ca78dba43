"""Matrices: their axes, their count of numbers, and what a covariance or a correlation must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np

from counterpoise.model import (
    DriverUnit,
    EntityRef,
    ErrorReason,
    FloatArray,
    RectangularMatrix,
    SymmetricMatrix,
)
from counterpoise.validate.names import Names, unit_of
from counterpoise.validate.namespace import Namespace
from counterpoise.validate.ranges import BASIS_POINT_VARIANCE, CORRELATION, LOADING, VARIANCE, Range
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import listed

T = TypeVar("T")

_ROUNDING: Final = 1e-9  # a correlation computed from a sample is one only up to rounding
_INDEFINITE: Final = 1e-10  # least eigenvalue over the largest, below which a matrix is refused


def check_correlation(
    matrix: SymmetricMatrix,
    named: Namespace[T],
    place: Place,
    report: Report,
    *,
    covers: bool,
) -> None:
    """A correlation of things that are known, of all of them where it covers."""
    numbers = _check_symmetric(matrix, named, place, report, covers=covers)
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
        subjects = _pair(matrix, index, named)
        report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message, subjects=subjects)
    _check_semidefinite(matrix, numbers, place, report)


def check_covariance(matrix: SymmetricMatrix, names: Names, place: Place, report: Report) -> None:
    """A covariance of annual moves over every driver."""
    numbers = _check_symmetric(matrix, names.drivers, place, report, covers=True)
    if numbers is None:
        return
    for axis_id, index in zip(matrix.axis_ids, _diagonal(len(matrix.axis_ids)).tolist(), strict=True):
        if not VARIANCE.holds(numbers[index]):
            _check_variance(axis_id, numbers[index], names, (*place, "lower_triangle", index), report)
    in_basis_points = names.drivers_of_units[DriverUnit.BASIS_POINT]
    if in_basis_points:
        # Else rounding of the large numbers would hide that a block of small ones is indefinite.
        scale = np.array([0.001 if name in in_basis_points else 1.0 for name in matrix.axis_ids])
        numbers = numbers * np.outer(scale, scale)[np.tril_indices(len(scale))]
    _check_semidefinite(matrix, numbers, place, report)


def _check_variance(axis_id: str, variance: float, names: Names, place: Place, report: Report) -> None:
    driver = names.drivers.by_id.get(axis_id)
    interval = BASIS_POINT_VARIANCE
    known = "volatility in [0, 3000] basis points: a volatility of 80 has the variance 6400"
    if driver is not None and unit_of(driver) is DriverUnit.RETURN:
        interval = VARIANCE
        known = "volatility in [0, 3]: a volatility of 15 % is 0.15 and its variance 0.0225"
    if not interval.holds(variance):
        message = f"{variance:.12g} is outside {interval}; a variance is the square of an annual {known}"
        subjects = names.drivers.refs((axis_id,))
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message, subjects=subjects)


def check_loadings(matrix: RectangularMatrix, names: Names, place: Place, report: Report) -> None:
    """Dense loadings: rows are lines, columns are drivers."""
    names.lines.check(matrix.row_ids, (*place, "row_ids"), report)
    names.drivers.check(matrix.column_ids, (*place, "column_ids"), report)
    if check_rectangular(matrix, place, report):
        _check_range(_row(matrix.values), LOADING, (*place, "values"), report)


def check_rectangular(matrix: RectangularMatrix, place: Place, report: Report) -> bool:
    """Whether there are as many numbers as rows and columns ask for, and nothing is wrong with these."""
    if not report.sound((*place, "row_ids"), (*place, "column_ids"), (*place, "values")):
        return False
    rows, columns = len(matrix.row_ids), len(matrix.column_ids)
    wanted = f"{rows} rows of {columns} columns"
    return _check_count(_row(matrix.values), rows * columns, wanted, (*place, "values"), report)


def check_cover(
    ids: Sequence[str],
    named: Namespace[T],
    place: Place,
    report: Report,
    *,
    reason: ErrorReason,
) -> None:
    """Reports things that `ids` leave out."""
    present = set(ids)
    absent = [name for name in named.by_id if name not in present]
    if absent:
        message = f"covers every {named.what} but {listed(absent)}; add what is missing"
        report.add(place, reason, message, subjects=named.refs(absent[:10]))


def _check_symmetric(
    matrix: SymmetricMatrix,
    named: Namespace[T],
    place: Place,
    report: Report,
    *,
    covers: bool,
) -> FloatArray | None:
    """The numbers, where there are as many as the axis asks for."""
    if not usable(matrix.axis_ids):
        return None
    axis = (*place, "axis_ids")
    if named.check(matrix.axis_ids, axis, report) and covers:
        check_cover(matrix.axis_ids, named, axis, report, reason=ErrorReason.MATRIX_SHAPE)
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


def _pair(matrix: SymmetricMatrix, index: int, named: Namespace[T]) -> tuple[EntityRef, ...]:
    """What the row and the column of a number of the lower triangle stand for."""
    row = int((np.sqrt(8 * index + 1) - 1) // 2)
    column = index - row * (row + 1) // 2
    return named.refs((matrix.axis_ids[row], matrix.axis_ids[column]))


def _diagonal(size: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.cumsum(np.arange(1, size + 1)) - 1


def _row(values: object) -> FloatArray:
    return np.asarray(values, dtype=float)
