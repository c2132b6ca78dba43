"""What an entry of a library is made of: figures by series, margins and gates, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

Points = tuple[tuple[int, float], ...]
"""Cumulative moves by trading days, horizons ascending."""


class Status(Enum):
    """How a figure came into the library."""

    COMPUTED = "computed"
    """Computed from public series and rounded."""
    FOUND = "found"
    """Found in the source that is named."""
    READING = "reading"
    """How the library reads what happened; no measurement."""


class SeriesUnit(Enum):
    """What the figures of a series are measured in."""

    RETURN = "return"
    """Decimal return, whole: of the price, or of the fund after fees."""
    BASIS_POINT = "basis_point"
    """Change of a yield or spread in basis points."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where figures come from."""

    source_id: str
    status: Status
    text: str


@dataclass(frozen=True, kw_only=True)
class Series:
    """An asset class, hedge-fund style, yield or spread that figures are given for."""

    series_id: str
    title: str
    unit: SeriesUnit


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Cumulative moves of a series in one entry."""

    series: Series
    points: Points
    source: Source
    note: str = ""

    @property
    def value(self) -> float:
        """The move until the last horizon."""
        return self.points[-1][1]


@dataclass(frozen=True, kw_only=True)
class MarginFigure:
    """Initial margin in the entry over that before it, for a class of futures."""

    margin_class: str
    title: str
    multiplier: float
    source: Source


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Whether funds with quarterly dates let money go: yes is a share of 1, no of 0, few is left open."""

    reading: str
    share: float | None
    source: Source
