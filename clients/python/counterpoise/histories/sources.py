"""Return histories from CSV and Parquet files, read by pandas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pandas as pd

from counterpoise.histories.errors import UnreadableHistory
from counterpoise.histories.frame import from_frame
from counterpoise.model import Frequency, ReturnBasis, ReturnHistory

_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII).fullmatch
_LONGEST_LINE: Final = 1_000_000
_MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "."})
"""What stands in a table where no return is known, in any case of letters."""


def read_csv(
    path: str | Path, *, frequency: Frequency, bases: Mapping[str, ReturnBasis], dates: str = ""
) -> ReturnHistory:
    """The history in a CSV file: UTF-8, commas, points in decimals, names in its first row.

    `dates` names the column of dates; without it that is the first. Rows at the end in which nothing is
    written are left out. As `from_frame` otherwise.
    """
    _refuse_other_separators(path)
    try:
        # As text and without a header: pandas would rename columns that come twice.
        cells = pd.read_csv(path, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableHistory(f"{path}: no UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except pd.errors.EmptyDataError:
        raise UnreadableHistory(f"{path}: empty; write names in the first row, and dated returns") from None
    except pd.errors.ParserError as error:
        raise UnreadableHistory(f"{path}: no CSV: {error}") from error
    names = [str(name).strip() for name in cells.iloc[0]]
    written = cells.map(lambda cell: str(cell).strip() != "").any(axis=1)
    frame = cells.iloc[1 : int(written[written].index.max()) + 1]
    frame.columns = pd.Index(names)
    return from_frame(_dated(frame, dates, path).map(_value), frequency=frequency, bases=bases)


def read_parquet(
    path: str | Path, *, frequency: Frequency, bases: Mapping[str, ReturnBasis], dates: str = ""
) -> ReturnHistory:
    """The history in a Parquet file.

    `dates` names the column of dates; without it that is the index, where the file has one, and else the
    first column. As `from_frame` otherwise.
    """
    if find_spec("pyarrow") is None:
        raise UnreadableHistory(f"{path}: Parquet needs pyarrow: pip install 'counterpoise[parquet]'")
    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except ValueError as error:  # pyarrow's own errors are of this kind
        raise UnreadableHistory(f"{path}: no Parquet: {error}") from error
    has_dates = not dates and not isinstance(frame.index, pd.RangeIndex)
    return from_frame(frame if has_dates else _dated(frame, dates, path), frequency=frequency, bases=bases)


def _value(cell: object) -> object:
    """A cell as the number that it is, None where it says that there is none, else as it came."""
    text = str(cell).strip()
    if pd.isna(cell) or text.lower() in _MISSING:  # type: ignore[call-overload]
        return None
    # Not all that Python reads as a number: 1_000 is a mistake.
    return float(text) if _NUMBER(text) else text


def _refuse_other_separators(path: str | Path) -> None:
    """Raises UnreadableHistory where names are separated by semicolons or tabs, as spreadsheets do."""
    with Path(path).open("rb") as file:
        first = file.readline(_LONGEST_LINE)
    for separator, what in ((b";", "semicolons"), (b"\t", "tabs")):
        if separator in first and b"," not in first:
            raise UnreadableHistory(
                f"{path}: its first row has {what} and no commas; save the file with commas between columns "
                "and points in decimals"
            )


def _dated(frame: pd.DataFrame, dates: str, path: str | Path) -> pd.DataFrame:
    """The frame with its column of dates as the index."""
    labels = [str(label) for label in frame.columns]
    if dates and labels.count(dates) != 1:
        raise UnreadableHistory(
            f"{path}: {labels.count(dates)} columns are named {dates!r}; name the one of dates"
        )
    if not labels:
        raise UnreadableHistory(f"{path}: no columns; write dates, and a column for each series")
    place = labels.index(dates) if dates else 0
    rest = [index for index in range(len(labels)) if index != place]
    dated = frame.iloc[:, rest]
    dated.index = pd.Index(frame.iloc[:, place], dtype=object)
    return dated
