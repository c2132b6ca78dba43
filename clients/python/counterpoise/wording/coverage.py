"""Money over what may be asked for: the ratio, its rung of the ladder, and what is done on each rung."""

from __future__ import annotations

import math
from dataclasses import dataclass

from counterpoise.model import CoverageFigure
from counterpoise.wording.figures import DUST, fixed

FIRST_DAY = 1
"""Horizon at which cash alone pays variation margin."""
_MOST_TOLD = 100.0
_TEN = 9.995
"""From here on a ratio has one decimal, so that it keeps its width."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rung: its name, the ratio from which it holds, and what is done there."""

    name: str
    least: float
    action: str
    within_days: int | None = None
    """The last horizon at which the action fits, under a scenario; None where it fits always."""

    @property
    def words(self) -> str:
        """The rung with what is done on it."""
        where = f"from {self.least:g}" if self.least > 0 else "below 1"
        days = self.within_days
        only = f" if a scenario brings it within {days} days" if days is not None else ""
        return f"{self.name} {where}{f': {self.action}{only}' if self.action else ''}"

    def action_at(self, trading_days: int, *, under_scenario: bool) -> str:
        """What is done where the rung is that of a horizon; empty where that would not fit."""
        if self.within_days is not None and (not under_scenario or trading_days > self.within_days):
            return ""
        return self.action


GREEN = Rung(name="green", least=1.5, action="")
AMBER = Rung(name="amber", least=1.2, action="no new overlays, redemption notices go in now")
RED = Rung(name="red", least=1.0, action="cash is raised in order")
BLACK = Rung(name="black", least=0.0, action="overlays are cut the same day", within_days=5)
LADDER = (GREEN, AMBER, RED, BLACK)


def ratio_of(figure: CoverageFigure) -> float:
    """Sources over need; infinite where nothing is asked for."""
    return coverage_ratio(figure.source_fraction, figure.need_fraction)


def same_day_ratio(figure: CoverageFigure) -> float:
    """Cash over the first day's variation margin; infinite for other days, and where there is none."""
    if figure.horizon_trading_days != FIRST_DAY:
        return math.inf
    return coverage_ratio(figure.same_day_cash_fraction, figure.variation_margin_fraction)


def coverage_ratio(sources: float, need: float) -> float:
    """Sources over need, both fractions of NAV; infinite where nothing is asked for.

    A margin that is rounding makes a ratio of exactly one: a limit that binds does not fall short.
    """
    if need < DUST:
        return math.inf
    return 1.0 if abs(sources - need) < DUST else sources / need


def rung_of(ratio: float) -> Rung:
    """Where on the ladder a ratio stands."""
    return next((rung for rung in LADDER if ratio >= rung.least - DUST), BLACK)


def ratio_in_words(ratio: float) -> str:
    """A ratio with its rung: `1.32 amber`; that nothing is asked for in words."""
    if math.isinf(ratio):
        return "no need"
    if ratio >= _MOST_TOLD:
        return f">{_MOST_TOLD:.0f} {GREEN.name}"
    # Rounded down, so that no number looks better than its rung.
    digits = 1 if ratio >= _TEN else 2
    shown = math.floor(ratio * 10**digits + 1e-6) / 10**digits
    return f"{fixed(shown, digits)} {rung_of(ratio).name}"
