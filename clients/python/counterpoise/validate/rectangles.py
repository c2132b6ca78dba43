"""Rectangular matrices: their axes, their count of numbers, and what dense loadings must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from counterpoise.model import ErrorReason, FloatArray, RectangularMatrix
from counterpoise.validate.names import Names
from counterpoise.validate.namespace import Namespace
from counterpoise.validate.ranges import LOADING, Range
from counterpoise.validate.report import Place, Report
from counterpoise.validate.text import listed

T = TypeVar("T")


def check_loadings(matrix: RectangularMatrix, names: Names, place: Place, report: Report) -> None:
    """Dense loadings: rows are lines, columns are drivers."""
    names.lines.check(matrix.row_ids, (*place, "row_ids"), report)
    names.drivers.check(matrix.column_ids, (*place, "column_ids"), report)
    if check_rectangular(matrix, place, report):
        _check_range(row_of(matrix.values), LOADING, (*place, "values"), report)


def check_rectangular(matrix: RectangularMatrix, place: Place, report: Report) -> bool:
    """Whether there are as many numbers as rows and columns ask for, and nothing is wrong with these."""
    if not report.sound((*place, "row_ids"), (*place, "column_ids"), (*place, "values")):
        return False
    rows, columns = len(matrix.row_ids), len(matrix.column_ids)
    wanted = f"{rows} rows of {columns} columns"
    return check_count(row_of(matrix.values), rows * columns, wanted, (*place, "values"), report)


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


def check_count(numbers: FloatArray, count: int, wanted: str, place: Place, report: Report) -> bool:
    """Whether there are as many numbers as wanted; reports where there are not."""
    if len(numbers) != count:
        message = f"{len(numbers):,} numbers, but {wanted} has {count:,}; write as many, row by row"
        report.add(place, ErrorReason.MATRIX_SHAPE, message)
    return len(numbers) == count


def _check_range(numbers: FloatArray, interval: Range, place: Place, report: Report) -> None:
    outside = (numbers < interval.least) | (numbers > interval.most)
    for index in np.flatnonzero(outside).tolist():
        report.add((*place, index), ErrorReason.NUMBER_OUT_OF_RANGE, interval.refusal(numbers[index]))


def row_of(values: object) -> FloatArray:
    """Repeated numbers as an array, whatever holds them."""
    return np.asarray(values, dtype=float)
