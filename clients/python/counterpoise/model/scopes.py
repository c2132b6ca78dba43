"""Which lines, drivers and scenarios a measure is about."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model.common import LineKind
from counterpoise.model.market import MarketModel
from counterpoise.model.portfolio import TotalPortfolio
from counterpoise.model.scenario import Scenario


@dataclass(frozen=True, kw_only=True)
class LineScope:
    """Which lines: the union of what is named, less the exclusions. Empty never means all."""

    all_lines: bool = False
    kinds: tuple[LineKind, ...] = ()
    line_group_ids: tuple[str, ...] = ()
    line_ids: tuple[str, ...] = ()
    excluded_line_ids: tuple[str, ...] = ()
    counterparty_ids: tuple[str, ...] = ()

    def select(self, portfolio: TotalPortfolio) -> tuple[int, ...]:
        """Indexes of the lines in the scope, in the portfolio's order."""
        named, groups = set(self.line_ids), set(self.line_group_ids)
        for group in portfolio.line_groups:
            if group.line_group_id in groups:
                named.update(group.line_ids)
        if self.counterparty_ids:
            wanted = set(self.counterparty_ids)
            faced = zip(portfolio.line_ids, portfolio.counterparty_ids_of_lines(), strict=True)
            named.update(line_id for line_id, other in faced if other in wanted)
        excluded = set(self.excluded_line_ids)
        return tuple(
            index
            for index, line in enumerate(portfolio.lines)
            if line.line_id not in excluded
            and (self.all_lines or line.line_id in named or (self.kinds and line.kind in self.kinds))
        )


@dataclass(frozen=True, kw_only=True)
class DriverScope:
    """Which drivers: the union of what is named. Empty never means all."""

    all_drivers: bool = False
    driver_group_ids: tuple[str, ...] = ()
    driver_ids: tuple[str, ...] = ()

    def select(self, market: MarketModel) -> tuple[int, ...]:
        """Indexes of the drivers in the scope, in the market's order."""
        named, groups = set(self.driver_ids), set(self.driver_group_ids)
        for group in market.driver_groups:
            if group.driver_group_id in groups:
                named.update(group.driver_ids)
        return tuple(
            index
            for index, driver_id in enumerate(market.driver_ids)
            if self.all_drivers or driver_id in named
        )


@dataclass(frozen=True, kw_only=True)
class ScenarioScope:
    """Under which scenarios: the base state, all scenarios, or these. Empty never means all."""

    base: bool = False
    all_scenarios: bool = False
    scenario_ids: tuple[str, ...] = ()

    def select(self, scenarios: tuple[Scenario, ...]) -> tuple[Scenario | None, ...]:
        """The scenarios in the scope in the problem's order, None first where the base state is."""
        named = set(self.scenario_ids)
        chosen = (item for item in scenarios if self.all_scenarios or item.scenario_id in named)
        return (None, *chosen) if self.base else tuple(chosen)
