"""A return history from a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from counterpoise.histories.dates import last_days
from counterpoise.histories.errors import UnreadableHistory
from counterpoise.model import FloatArray, Frequency, ReturnBasis, ReturnColumn, ReturnHistory


def from_frame(
    frame: pd.DataFrame, *, frequency: Frequency, bases: Mapping[str, ReturnBasis]
) -> ReturnHistory:
    """The history in a frame of decimal returns, rows labelled with dates or periods, series in columns.

    `bases` names the columns that are taken, in this order, and declares whether cash is in their returns.
    NaN and None are missing returns; what else is no number raises UnreadableHistory.
    """
    labels = list(frame.columns)
    for name in bases:
        if labels.count(name) != 1:
            raise UnreadableHistory(
                f"no column {name!r}; there are {_listed(labels)}"
                if name not in labels
                else f"column {name!r} comes {labels.count(name)} times; give each a name of its own"
            )
    dates = last_days(frame.index, frequency)
    columns = tuple(
        _column(name, basis, frame.iloc[:, labels.index(name)], [str(label) for label in frame.index])
        for name, basis in bases.items()
    )
    return ReturnHistory(frequency=frequency, dates=dates, columns=columns)


def _column(name: str, basis: ReturnBasis, series: pd.Series[float], rows: list[str]) -> ReturnColumn:
    returns = _numbers(name, series, rows)
    missing = np.isnan(returns)
    returns[missing] = 0.0
    returns.flags.writeable = False
    return ReturnColumn(
        column_id=name,
        basis=basis,
        returns=returns,
        missing_periods=tuple(np.flatnonzero(missing).tolist()),
    )


def _numbers(name: str, series: pd.Series[float], rows: list[str]) -> FloatArray:
    """The returns, NaN where there is none, shape (periods,); a copy."""
    if series.dtype.kind in "fiu":
        return np.array(series.to_numpy(dtype=float, na_value=np.nan), dtype=float)
    returns = np.full(len(series), np.nan)
    cells: Iterable[object] = series
    for index, value in enumerate(cells):
        if value is None or value is pd.NA:
            continue
        if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
            raise UnreadableHistory(
                f"row {index + 1} ({rows[index]}), column {name!r}: {value!r} is no number; write a decimal "
                "such as 0.012, and nothing where no return is known"
            )
        returns[index] = float(value)
    return returns


def _listed(labels: Sequence[object]) -> str:
    shown = ", ".join(str(label) for label in labels[:20])
    return f"{shown} and {len(labels) - 20} more" if len(labels) > 20 else shown or "none"
