"""Rows as typed frames: text and numbers keep their types where there are no rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import TypeVar

import pandas as pd

Label = TypeVar("Label", str, int)


def table(
    rows: Mapping[str, tuple[str | float | None, ...]],
    index: str,
    *,
    text: tuple[str, ...] = (),
    numbers: tuple[str, ...],
) -> pd.DataFrame:
    """Rows by label, columns of text first; what is None is NaN. `index` is the name of the labels."""
    frame = pd.DataFrame(
        list(rows.values()), index=pd.Index(list(rows), dtype=str, name=index), columns=[*text, *numbers]
    )
    return frame.astype({**dict.fromkeys(text, str), **dict.fromkeys(numbers, float)})


def paired_table(
    rows: Mapping[tuple[str, Label], tuple[float | None, ...]],
    index: tuple[str, str],
    numbers: tuple[str, ...],
) -> pd.DataFrame:
    """Rows by two labels; the second is a number where its name says days."""
    first, second = pd.Index([one for one, _ in rows], dtype=str), [other for _, other in rows]
    days = index[1].endswith("_days")
    pairs = pd.MultiIndex.from_arrays([first, pd.Index(second, dtype=int if days else str)], names=index)
    return pd.DataFrame(list(rows.values()), index=pairs, columns=list(numbers), dtype=float)


def name_of(value: int) -> str:
    """The name of an enum value in lower case; the number of one that is newer than this client."""
    return value.name.lower() if isinstance(value, IntEnum) else str(value)


def columns_of(known: Iterable[IntEnum], present: list[IntEnum]) -> list[str]:
    """Every known value, so that columns do not depend on the answer; newer ones where there are some."""
    names = [name_of(kind) for kind in known]
    return names + sorted({name_of(kind) for kind in present} - set(names))
