"""Periods of the calendar: how far apart they are, and which follow each other."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

import numpy as np

from counterpoise.model import BoolArray, Frequency

SPACING: Final[dict[Frequency, tuple[int, int]]] = {
    Frequency.DAILY: (1, 4),
    Frequency.WEEKLY: (5, 9),
    Frequency.MONTHLY: (26, 35),
    Frequency.QUARTERLY: (80, 100),
}
"""Days between the ends of neighbouring periods, least and most."""

PERIODS: Final[dict[Frequency, str]] = {
    Frequency.DAILY: "day",
    Frequency.WEEKLY: "week",
    Frequency.MONTHLY: "month",
    Frequency.QUARTERLY: "quarter",
}


def follows(dates: Sequence[datetime.date], frequency: Frequency) -> BoolArray:
    """Whether each period is the one after that of the date before it, shape (periods,); the first is not."""
    return np.concatenate([[False], np.diff(frequency.places(dates)) == 1])[: len(dates)].astype(bool)
