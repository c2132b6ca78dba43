"""All ids that a problem defines, and what some of them stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from counterpoise.model import (
    AllocationProblem,
    Counterparty,
    Driver,
    DriverGroup,
    DriverUnit,
    Line,
    LineGroup,
    LineKind,
    MarginPool,
    ReturnSample,
    Scenario,
)
from counterpoise.validate.namespace import Namespace, collect
from counterpoise.validate.report import Report, usable

_KINDS: Final = tuple((kind.name.lower(), kind) for kind in LineKind)


@dataclass(frozen=True)
class Names:
    """All namespaces of a problem."""

    drivers: Namespace[Driver]
    driver_groups: Namespace[DriverGroup]
    lines: Namespace[Line]
    margin_pools: Namespace[MarginPool]
    line_groups: Namespace[LineGroup]
    counterparties: Namespace[Counterparty]
    scenarios: Namespace[Scenario]
    return_samples: Namespace[ReturnSample]

    @cached_property
    def kinds(self) -> dict[LineKind, frozenset[str]]:
        """Ids of the lines of each kind; a line that does not say what it is could be any."""
        ids: dict[LineKind | None, list[str]] = {None: []} | {kind: [] for kind in LineKind}
        for line_id, kind in self._kind_by_line.items():
            ids[kind].append(line_id)
        return {kind: frozenset([*ids[kind], *ids[None]]) for kind in LineKind}

    @cached_property
    def _kind_by_line(self) -> dict[str, LineKind | None]:
        """What each line is, by its id; None where nothing says so."""
        return {line_id: kind_of(line) for line_id, line in self.lines.by_id.items()}

    @cached_property
    def lines_of_groups(self) -> dict[str, frozenset[str]]:
        """Ids of the lines of each group whose list could be read."""
        groups = self.line_groups.by_id.items()
        return {name: frozenset(group.line_ids) for name, group in groups if usable(group.line_ids)}

    def lines_facing(self, counterparty_ids: Iterable[str]) -> list[frozenset[str]]:
        """Ids of the lines that face these, with those of which nothing says whom they face."""
        known = self._lines_by_counterparty
        return [known.get(name, frozenset()) for name in (*counterparty_ids, None)]

    @cached_property
    def _lines_by_counterparty(self) -> dict[str | None, frozenset[str]]:
        """Ids of the lines that face each counterparty; under None where that is not known."""
        ids: dict[str | None, list[str]] = {}
        for line_id, line in self.lines.by_id.items():
            ids.setdefault(self._faced(line), []).append(line_id)
        return {name: frozenset(members) for name, members in ids.items()}

    def _faced(self, line: Line) -> str | None:
        """Whom a line faces, itself or through its pool; empty for nobody, None where that is not known."""
        if line.counterparty_id != "":
            return line.counterparty_id if usable(line.counterparty_id) else None
        if kind_of(line) is None:
            return None
        pool_id = line.margin_pool_id
        if pool_id == "":
            return ""
        pool = self.margin_pools.by_id.get(pool_id)
        return pool.counterparty_id if pool is not None and usable(pool.counterparty_id) else None

    @cached_property
    def lines_of_pools(self) -> dict[str, frozenset[str]]:
        """Ids of the lines that each margin pool margins, by its id."""
        ids: dict[str, list[str]] = {}
        for line_id, line in self.lines.by_id.items():
            # Only these kinds are margined.
            margined = line.overlay is not None or line.alpha_sleeve is not None
            if margined and self._kind_by_line[line_id] is not None:
                pool_id = line.margin_pool_id
                if pool_id and usable(pool_id):
                    ids.setdefault(pool_id, []).append(line_id)
        return {pool_id: frozenset(members) for pool_id, members in ids.items()}

    @cached_property
    def postings(self) -> Counter[str]:
        """How many reserve tiers each margin pool takes, by its id."""
        tiers = [line.reserve_tier for line in self.lines.by_id.values() if usable(line.reserve_tier)]
        return Counter(terms.margin_pool_id for tier in tiers for terms in tier.collateral_terms)

    @cached_property
    def drivers_of_groups(self) -> dict[str, frozenset[str]]:
        """Ids of the drivers of each group whose list could be read."""
        groups = self.driver_groups.by_id.items()
        return {name: frozenset(group.driver_ids) for name, group in groups if usable(group.driver_ids)}

    @cached_property
    def drivers_of_units(self) -> dict[DriverUnit, frozenset[str]]:
        """Ids of the drivers in each unit; drivers whose unit could not be read are in none."""
        ids: dict[DriverUnit, list[str]] = {unit: [] for unit in DriverUnit}
        for driver_id, driver in self.drivers.by_id.items():
            unit = unit_of(driver)
            if unit is not None:
                ids[unit].append(driver_id)
        return {unit: frozenset(members) for unit, members in ids.items()}


def kind_of(line: Line) -> LineKind | None:
    """What a line is; None where nothing says so, or several fields do."""
    value, found = vars(line).get, None
    for name, kind in _KINDS:
        if value(name) is not None:
            if found is not None:
                return None
            found = kind
    return found


def unit_of(driver: Driver) -> DriverUnit | None:
    """What a driver is measured in; None where that could not be read."""
    if driver.unit is None:
        return DriverUnit.RETURN
    return driver.unit if usable(driver.unit) else None


def collect_names(problem: AllocationProblem, report: Report) -> Names:
    """The namespaces of a problem; reports ids that are given twice."""
    market, portfolio = problem.market, problem.portfolio
    return Names(
        drivers=collect(market.drivers, "driver_id", ("market", "drivers"), report),
        driver_groups=collect(market.driver_groups, "driver_group_id", ("market", "driver_groups"), report),
        lines=collect(portfolio.lines, "line_id", ("portfolio", "lines"), report),
        margin_pools=collect(portfolio.margin_pools, "margin_pool_id", ("portfolio", "margin_pools"), report),
        line_groups=collect(portfolio.line_groups, "line_group_id", ("portfolio", "line_groups"), report),
        counterparties=collect(
            portfolio.counterparties, "counterparty_id", ("portfolio", "counterparties"), report
        ),
        scenarios=collect(problem.scenarios, "scenario_id", ("scenarios",), report),
        return_samples=collect(problem.return_samples, "return_sample_id", ("return_samples",), report),
    )
