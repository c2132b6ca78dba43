"""Parts of a problem from frames and series; labels become ids, order is kept."""

from __future__ import annotations

import numpy as np
import pandas as pd

from counterpoise.model import DriverValue, LineValue, RectangularMatrix, SymmetricMatrix

_ASYMMETRY = 1e-12
"""Largest difference across the diagonal, relative to the largest entry, that is rounding."""


def symmetric_matrix(frame: pd.DataFrame) -> SymmetricMatrix:
    """A covariance or correlation, as from `returns.cov()`.

    Raises ValueError where labels of rows and columns differ or repeat, or the numbers are not
    symmetric: taking one triangle silently would change the risk.
    """
    rows, columns = _labels(frame.index, "row"), _labels(frame.columns, "column")
    if rows != columns:
        raise ValueError("a symmetric matrix has the same labels, in the same order, in rows and columns")
    square = frame.to_numpy(dtype=float)
    difference = np.abs(square - square.T)
    if difference.size and not np.nanmax(difference) <= _ASYMMETRY * max(np.nanmax(np.abs(square)), 1e-300):
        row, column = np.unravel_index(np.nanargmax(difference), difference.shape)
        raise ValueError(
            f"not symmetric: [{rows[row]}, {rows[column]}] is {square[row, column]}, "
            f"[{rows[column]}, {rows[row]}] is {square[column, row]}"
        )
    return SymmetricMatrix.from_square(rows, square)


def loading_matrix(frame: pd.DataFrame) -> RectangularMatrix:
    """Loadings with lines in rows and drivers in columns; raises ValueError where labels repeat."""
    return RectangularMatrix(
        row_ids=_labels(frame.index, "row"),
        column_ids=_labels(frame.columns, "column"),
        values=frame.to_numpy(dtype=float).ravel(),
    )


def driver_values(series: pd.Series[float]) -> tuple[DriverValue, ...]:
    """One number for every driver, as volatilities or loadings; raises ValueError where labels repeat."""
    return tuple(
        DriverValue(driver_id=driver_id, value=float(value))
        for driver_id, value in zip(_labels(series.index, "row"), series, strict=True)
    )


def line_values(series: pd.Series[float]) -> tuple[LineValue, ...]:
    """One number for every line, as reserve rates; raises ValueError where labels repeat."""
    return tuple(
        LineValue(line_id=line_id, value=float(value))
        for line_id, value in zip(_labels(series.index, "row"), series, strict=True)
    )


def _labels(index: pd.Index[str], what: str) -> tuple[str, ...]:
    if not all(isinstance(label, str) for label in index):
        raise ValueError(f"every {what} is labelled with an id, which is text")
    if not index.is_unique:
        raise ValueError(f"{what} labels repeat: {', '.join(sorted(set(index[index.duplicated()])))}")
    return tuple(index)
