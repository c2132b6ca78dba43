"""Coverage by horizon, the same day by cash alone first, and what it comes to in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import CoverageFigure
from counterpoise.wording.coverage import FIRST_DAY, coverage_ratio, ratio_in_words
from counterpoise.wording.figures import DUST, Money, percent


@dataclass(frozen=True, kw_only=True)
class CoverageRow:
    """One horizon: money by kind and the need, fractions of NAV."""

    name: str
    parts: tuple[float, float, float, float]
    need: float

    @property
    def sources(self) -> float:
        """All money that is there."""
        return sum(self.parts)

    @property
    def ratio(self) -> float:
        """Money over need; infinite where nothing is asked for."""
        return coverage_ratio(self.sources, self.need)


def coverage_rows(figures: tuple[CoverageFigure, ...]) -> list[CoverageRow]:
    """Rows of one scenario's figures, horizons ascending; the same day first where it asks for anything."""
    rows = [
        CoverageRow(
            name=f"within {item.horizon_trading_days} day{'s' if item.horizon_trading_days != 1 else ''}",
            parts=(
                item.reserve_source_fraction,
                item.funded_source_fraction,
                item.sleeve_source_fraction,
                item.credit_source_fraction,
            ),
            need=item.need_fraction,
        )
        for item in figures
    ]
    first = figures[0]
    if first.horizon_trading_days == FIRST_DAY and first.variation_margin_fraction >= DUST:
        cash = max(first.same_day_cash_fraction, 0.0)
        same_day = CoverageRow(
            name="the same day, cash alone",
            parts=(cash, 0.0, 0.0, 0.0),
            need=first.variation_margin_fraction,
        )
        rows.insert(0, same_day)
    return rows


def finding(which: str, rows: list[CoverageRow], money: Money) -> str:
    """Where money is short by most, else where it covers least."""
    short = [row for row in rows if row.need - row.sources >= DUST]
    if short:
        worst = max(short, key=lambda row: row.need - row.sources)
        gap = worst.need - worst.sources
        return f"{which}: money is short {worst.name}, by {percent(gap)} % of NAV = {money.words_of(gap)}"
    asked = [row for row in rows if row.need >= DUST]
    if not asked:
        return f"{which}: nothing is asked for"
    least = min(asked, key=lambda row: row.ratio)
    ratio, _, rung = ratio_in_words(least.ratio).partition(" ")
    return f"{which}: money covers {ratio} times the need at least ({rung}), {least.name}"
