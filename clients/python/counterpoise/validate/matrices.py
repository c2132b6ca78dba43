"""Symmetric matrices: their axes, their count of numbers, and what a covariance or a correlation must be."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np

from counterpoise.model import (
    DriverUnit,
    EntityRef,
    ErrorReason,
    FloatArray,
    SymmetricMatrix,
)
from counterpoise.validate.names import Names, unit_of
from counterpoise.validate.namespace import Namespace
from counterpoise.validate.ranges import BASIS_POINT_VARIANCE, CORRELATION, VARIANCE
from counterpoise.validate.rectangles import check_count, check_cover, row_of
from counterpoise.validate.report import Place, Report, usable

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
    repaired: bool = False,
) -> None:
    """A correlation of things that are known, of all of them where it covers.

    What is repaired need not be positive semidefinite.
    """
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
    if not repaired:
        _check_semidefinite(matrix, numbers, place, report, repairable=covers)


def check_covariance(
    matrix: SymmetricMatrix, names: Names, place: Place, report: Report, *, repaired: bool
) -> None:
    """A covariance of annual moves over every driver; what is repaired is one of entries alone."""
    numbers = _check_symmetric(matrix, names.drivers, place, report, covers=True)
    if numbers is None:
        return
    for axis_id, index in zip(matrix.axis_ids, _diagonal(len(matrix.axis_ids)).tolist(), strict=True):
        if not VARIANCE.holds(numbers[index]):
            _check_variance(axis_id, numbers[index], names, (*place, "lower_triangle", index), report)
    if repaired:
        _check_implied(matrix, numbers, names, (*place, "lower_triangle"), report)
        return
    in_basis_points = names.drivers_of_units[DriverUnit.BASIS_POINT]
    if in_basis_points:
        # Else rounding of the large numbers would hide that a block of small ones is indefinite.
        scale = np.array([0.001 if name in in_basis_points else 1.0 for name in matrix.axis_ids])
        numbers = numbers * np.outer(scale, scale)[np.tril_indices(len(scale))]
    _check_semidefinite(matrix, numbers, place, report, repairable=True)


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


def _check_implied(
    matrix: SymmetricMatrix, numbers: FloatArray, names: Names, place: Place, report: Report
) -> None:
    """No two drivers move together more than each by itself: nothing repairs that."""
    if not report.sound(place):
        return
    volatility = np.sqrt(numbers[_diagonal(len(matrix.axis_ids))])
    most = np.outer(volatility, volatility)[np.tril_indices(len(volatility))]
    for index in np.flatnonzero(np.abs(numbers) > most * (1 + _ROUNDING)).tolist():
        message = (
            f"{numbers[index]:.12g} is more than the variances of the two drivers allow; "
            f"write a covariance in [{-most[index]:.12g}, {most[index]:.12g}]"
        )
        subjects = _pair(matrix, index, names.drivers)
        report.add((*place, index), ErrorReason.NUMBER_OUT_OF_RANGE, message, subjects=subjects)


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
    numbers = row_of(matrix.lower_triangle)
    size = len(matrix.axis_ids)
    wanted = f"the lower triangle of {size} rows, diagonal included,"
    complete = check_count(numbers, size * (size + 1) // 2, wanted, (*place, "lower_triangle"), report)
    return numbers if complete else None


def _check_semidefinite(
    matrix: SymmetricMatrix, numbers: FloatArray, place: Place, report: Report, *, repairable: bool
) -> None:
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
            message += " (the risk model's repair: CLIP_EIGENVALUES does)" if repairable else ""
            report.add(place, ErrorReason.MATRIX_NOT_PSD, message)


def _pair(matrix: SymmetricMatrix, index: int, named: Namespace[T]) -> tuple[EntityRef, ...]:
    """What the row and the column of a number of the lower triangle stand for."""
    row = int((np.sqrt(8 * index + 1) - 1) // 2)
    column = index - row * (row + 1) // 2
    return named.refs((matrix.axis_ids[row], matrix.axis_ids[column]))


def _diagonal(size: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.cumsum(np.arange(1, size + 1)) - 1
