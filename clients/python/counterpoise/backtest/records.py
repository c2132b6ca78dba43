"""What is written down of every period: holdings, earnings, calls, decisions. Money in base currency."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """How a decision ended."""

    OPTIMAL = "optimal"
    RELAXED = "relaxed"
    """Infeasible as it stood: certified with its hard limits soft."""
    HELD = "held"
    """Nothing was certified: positions stay."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a pool asked for in one period, and what paid it."""

    margin_pool_id: str
    variation_margin: float
    """Money >= 0 that its positions lost."""
    margin_increase: float
    """Money >= 0 by which its initial margin rose."""
    payments: dict[str, float] = field(default_factory=dict)
    """Of the variation margin, by line."""

    @property
    def total(self) -> float:
        """Both."""
        return self.variation_margin + self.margin_increase


@dataclass(frozen=True, kw_only=True)
class Reserve:
    """The reserve after the calls of a period, before trades."""

    value: float
    """Of all tiers."""
    margin: float
    """Initial margin that pools ask for."""
    free: float
    """Value after haircuts less margin; below zero is what the reserve was short of."""
    exhausted: bool = False
    """Whether it could not pay variation margin or cover initial margin."""


@dataclass(frozen=True, kw_only=True)
class SleeveEstimate:
    """What a sleeve was believed to be on the date of a decision."""

    annual_alpha: float
    annual_alpha_error: float
    r_squared: float
    """Adjusted, no less than 0: what the class is by."""
    annual_volatility: float
    sleeve_class: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided at the end of a period, on what was known then."""

    outcome: Outcome
    reason: str = ""
    """How the service ended it where that was not an optimum: `infeasible`, `undetermined`, `time_limit`."""
    sleeves: dict[str, SleeveEstimate] = field(default_factory=dict)
    trades: dict[str, float] = field(default_factory=dict)
    """Money traded by line."""
    trading_cost: float = 0.0
    turnover_fraction: float = 0.0
    """One way."""
    gross_leverage: float | None = None
    annual_net_return: float | None = None
    """Expected."""
    violations: dict[str, float] = field(default_factory=dict)
    """Of limits that were missed, by id."""
    notices: dict[str, float] = field(default_factory=dict)
    """Money for which notice was given, by line."""
    server_version: str = ""


@dataclass(frozen=True, kw_only=True)
class Period:
    """One period, and the decision at its end where there was one."""

    date: datetime.date
    nav: float
    """After trades."""
    reference_nav: float
    """Of the unlevered reference portfolio, started at the same money."""
    holdings: dict[str, float]
    """After trades: capital of lines, notional of overlays and unfunded sleeves."""
    earnings: dict[str, float] = field(default_factory=dict)
    """By source; they sum to the change of NAV, trading costs included."""
    calls: tuple[Call, ...] = ()
    reserve: Reserve
    forced_sales: dict[str, float] = field(default_factory=dict)
    """Money raised by line, and notional cut of overlays, because the reserve was gone."""
    redeemed: dict[str, float] = field(default_factory=dict)
    """Money that left sleeves because notice was due."""
    missing_returns: tuple[str, ...] = ()
    """Held lines whose own return is not known: they earned their loadings."""
    loadings: dict[str, dict[str, float]] = field(default_factory=dict)
    """Of sleeves on drivers, at the last decision."""
    ruined: bool = False
    """Nothing is left of NAV: the walk ends here."""
    margin_rates: dict[str, float] = field(default_factory=dict)
    """By pool that is not outright: initial margin over gross notional at the last decision."""
    due_notices: tuple[tuple[str, int, float], ...] = ()
    """Redemptions under way: line, index of the period from which they are due, money."""
    decision: Decision | None = None
