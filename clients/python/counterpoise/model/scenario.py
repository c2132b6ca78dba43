"""What goes wrong: moves of drivers and lines, margins, gates; and samples of joint outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np

from counterpoise.model.common import FloatArray, IndexArray, LineValue, RectangularMatrix

DEFAULT_HORIZONS_TRADING_DAYS = (1, 5, 20, 63, 95)
"""Horizons of coverage figures where nothing names others."""


_NO_VARIANCE = 1e-10
"""Eigenvalues of a correlation below this part of the largest are none."""


class MissingShockRule(IntEnum):
    """What drivers without a shock do."""

    REFUSE = 1
    REGRESS = 2
    UNCHANGED = 3


@dataclass(frozen=True, kw_only=True)
class ScenarioSource:
    """A library entry that a scenario was copied from."""

    library_id: str
    library_version: str
    entry_id: str


@dataclass(frozen=True, kw_only=True)
class DriverShock:
    """A move of one driver, decimal return or basis points; without a horizon it is instant."""

    driver_id: str
    shock: float
    horizon_trading_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class LineShock:
    """A move of one line beyond what its drivers explain, decimal return."""

    line_id: str
    shock: float
    horizon_trading_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class MarginMultiplier:
    """Initial margin under stress over today's, for a line or for a pool; exactly one is set."""

    multiplier: float
    line_id: str | None = None
    margin_pool_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A shock, written out in full. Everything starts on the as-of date, and nothing is traded."""

    scenario_id: str
    display_name: str = ""
    source: ScenarioSource | None = None
    driver_shocks: tuple[DriverShock, ...] = ()
    line_shocks: tuple[LineShock, ...] = ()
    missing_shock_rule: MissingShockRule
    margin_multipliers: tuple[MarginMultiplier, ...] = ()
    gated_shares: tuple[LineValue, ...] = ()
    haircut_add_ons: tuple[LineValue, ...] = ()

    @cached_property
    def last_horizon_trading_days(self) -> int:
        """The last horizon of its shocks; 1 where all of them are instant."""
        of_drivers = [shock.horizon_trading_days or 1 for shock in self.driver_shocks]
        return max([1, *of_drivers, *(shock.horizon_trading_days or 1 for shock in self.line_shocks)])

    @property
    def shocked_driver_ids(self) -> tuple[str, ...]:
        """Drivers that have a shock, in the order in which they come first."""
        return tuple(dict.fromkeys(shock.driver_id for shock in self.driver_shocks))

    def driver_moves(self, trading_days: int) -> dict[str, float]:
        """Moves of the drivers that have a shock, from the as-of date until this many trading days."""
        points: dict[str, list[tuple[int | None, float]]] = {}
        for item in self.driver_shocks:
            points.setdefault(item.driver_id, []).append((item.horizon_trading_days, item.shock))
        return {name: move_by(own, trading_days) for name, own in points.items()}

    def line_moves(self, trading_days: int) -> dict[str, float]:
        """Moves of lines beyond their drivers, likewise."""
        points: dict[str, list[tuple[int | None, float]]] = {}
        for item in self.line_shocks:
            points.setdefault(item.line_id, []).append((item.horizon_trading_days, item.shock))
        return {name: move_by(own, trading_days) for name, own in points.items()}


@dataclass(frozen=True, kw_only=True)
class ReturnSample:
    """Joint outcomes of all drivers, equally likely: decimal returns or basis points."""

    return_sample_id: str
    outcomes: RectangularMatrix


def move_by(points: Iterable[tuple[int | None, float]], trading_days: int) -> float:
    """A cumulative move at a horizon, from (horizon, move) points.

    A point without a horizon holds at every one; others are joined by lines that start at zero, flat
    after the last.
    """
    ordered = sorted((0 if horizon is None else horizon, move) for horizon, move in points)
    if ordered[0][0] == 0:
        return float(ordered[0][1])
    horizons, moves = zip(*ordered, strict=True)
    return float(np.interp(trading_days, (0, *horizons), (0.0, *moves)))


def regression(covariance: FloatArray, shocked: IndexArray) -> FloatArray:
    """Moves of all drivers per move of some: V R_as R_ss^+ V_s^-1, shape (drivers, shocked).

    R is the correlation and V the volatilities: moves count in volatilities, so that the unit of a driver
    changes nothing. `shocked` are indexes of the drivers that move; their own rows are the identity.
    Directions of them that have no variance carry nothing over, nor do drivers without volatility.
    """
    volatility = np.sqrt(np.clip(covariance.diagonal(), 0.0, None))
    inverse = np.divide(1.0, volatility, out=np.zeros(len(volatility)), where=volatility > 0.0)
    correlation = inverse[:, None] * covariance * inverse[None, :]
    among = correlation[np.ix_(shocked, shocked)]
    solved = np.linalg.pinv(among, rcond=_NO_VARIANCE, hermitian=True)
    every = volatility[:, None] * (correlation[:, shocked] @ solved) * inverse[shocked][None, :]
    every[shocked] = np.eye(len(shocked))
    return np.asarray(every)
