"""One stress of a library, and the scenarios that are written from it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from counterpoise.model import (
    AllocationProblem,
    DriverShock,
    LineShock,
    LineValue,
    MarginMultiplier,
    MissingShockRule,
    Scenario,
    ScenarioSource,
)
from counterpoise.scenarios.errors import no_figure, no_gate, no_margin
from counterpoise.scenarios.figures import Figure, Gate, MarginFigure, Series, Source
from counterpoise.scenarios.moves import Weights, beyond_drivers, check_units, moved, placed


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What moved by how much, within how many trading days, and how that is known."""

    library_id: str
    library_version: str
    entry_id: str
    title: str
    text: str
    first_date: datetime.date | None
    """The close that moves are counted from; None where no one window is meant."""
    last_date: datetime.date | None
    horizon_trading_days: int
    figures: tuple[Figure, ...]
    margins: tuple[MarginFigure, ...]
    gate: Gate | None
    series: tuple[Series, ...]
    """Every series of the library, those without a figure here included."""
    margin_classes: tuple[str, ...]
    """Every margin class of the library."""

    @property
    def source(self) -> ScenarioSource:
        """What a scenario names as its origin."""
        return ScenarioSource(
            library_id=self.library_id, library_version=self.library_version, entry_id=self.entry_id
        )

    @property
    def sources(self) -> tuple[Source, ...]:
        """Sources of its figures, margins and gate, each once."""
        gate = (self.gate,) if self.gate is not None else ()
        return tuple(dict.fromkeys(item.source for item in (*self.figures, *self.margins, *gate)))

    @property
    def missing_series(self) -> tuple[Series, ...]:
        """Series of the library that this entry has no figure for."""
        present = {figure.series for figure in self.figures}
        return tuple(series for series in self.series if series not in present)

    def figure(self, series_id: str) -> Figure:
        """The figure of a series; raises MissingFigure where none was found."""
        by_id = {figure.series.series_id: figure for figure in self.figures}
        if series_id not in by_id:
            raise no_figure(self._where, series_id, [series.series_id for series in self.series])
        return by_id[series_id]

    def margin(self, margin_class: str) -> MarginFigure:
        """The multiplier of a margin class; raises MissingFigure where none was found."""
        by_class = {figure.margin_class: figure for figure in self.margins}
        if margin_class not in by_class:
            raise no_margin(self._where, margin_class, tuple(by_class), self.margin_classes)
        return by_class[margin_class]

    def gated_share(self) -> float:
        """What funds with quarterly dates keep; raises MissingFigure where the library cannot say."""
        if self.gate is None or self.gate.share is None:
            raise no_gate(self._where, self.gate.reading if self.gate is not None else "")
        return self.gate.share

    def scenario(
        self,
        *,
        scenario_id: str,
        drivers: Mapping[str, Weights],
        missing_shock_rule: MissingShockRule,
        display_name: str = "",
        problem: AllocationProblem | None = None,
        funds: Mapping[str, Weights] | None = None,
        pools: Mapping[str, str] | None = None,
        line_margins: Mapping[str, str] | None = None,
        gated_lines: Iterable[str] = (),
        gated_shares: Mapping[str, float] | None = None,
        until_trading_days: int | None = None,
        instant: bool = False,
    ) -> Scenario:
        """The entry as a scenario of a problem's own drivers and lines, written out with its source.

        Nothing is zero for want of a figure: what the library does not have raises MissingFigure.

        Args:
            scenario_id: Id within the problem.
            drivers: By driver, the series that is its move, or series with weights. A mix is
                `{"us_equity": 0.7, "developed_ex_us_equity": 0.3}`, credit over Treasuries of like duration
                `{"ig_credit": 1, "treasury_7_10y": -0.85}`. A weight on basis points that makes a return is
                minus the duration in years over 10,000.
            missing_shock_rule: What drivers do that are not named.
            display_name: For people; the entry's title where empty.
            problem: Where loadings and units are read; `funds` need it.
            funds: By line, the series that is its whole return, or series with weights. The line's shock is
                that less loadings times the moves of its drivers, which all need a shock.
            pools: By margin pool, the class of its multiplier.
            line_margins: By line with a margin rate, likewise; comes before the pool's.
            gated_lines: Lines with quarterly dates, which the entry gates as it says.
            gated_shares: By line, a share of the caller's own; comes before the entry's.
            until_trading_days: Stops the moves there: what comes after is left out. Without it they go to
                the entry's last horizon.
            instant: Puts the last moves without a horizon: they hold at once and at every one. Without it
                moves are reached in straight lines, at the entry's horizons.
        """
        if problem is not None:
            check_units(drivers, problem, self.figure)
        moves = {name: moved(f"driver {name}", weights, self.figure) for name, weights in drivers.items()}
        own = {
            name: beyond_drivers(name, moved(f"line {name}", weights, self.figure), moves, problem)
            for name, weights in (funds or {}).items()
        }
        shares = ((line_id, self.gated_share()) for line_id in gated_lines)
        return Scenario(
            scenario_id=scenario_id,
            display_name=display_name or self.title,
            source=self.source,
            driver_shocks=tuple(
                DriverShock(driver_id=name, shock=move, horizon_trading_days=horizon)
                for name, horizon, move in placed(moves, until_trading_days, instant=instant)
            ),
            line_shocks=tuple(
                LineShock(line_id=name, shock=move, horizon_trading_days=horizon)
                for name, horizon, move in placed(own, until_trading_days, instant=instant)
            ),
            missing_shock_rule=missing_shock_rule,
            margin_multipliers=(
                *(
                    MarginMultiplier(margin_pool_id=pool_id, multiplier=self.margin(name).multiplier)
                    for pool_id, name in (pools or {}).items()
                ),
                *(
                    MarginMultiplier(line_id=line_id, multiplier=self.margin(name).multiplier)
                    for line_id, name in (line_margins or {}).items()
                ),
            ),
            gated_shares=tuple(
                LineValue(line_id=line_id, value=share)
                for line_id, share in (dict(shares) | dict(gated_shares or {})).items()
                if share != 0.0
            ),
        )

    @property
    def _where(self) -> str:
        return f"library {self.library_id} {self.library_version}, entry {self.entry_id}"
