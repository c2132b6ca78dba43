"""Margin pools: where initial margin is computed, by rate, by scanning or as a risk measure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from counterpoise.model.common import LineValue

TRADING_DAYS_PER_YEAR = 252


@dataclass(frozen=True, kw_only=True)
class OutrightMargin:
    """Margin by rate: sum over the pool's lines of rate times absolute notional."""


@dataclass(frozen=True, kw_only=True)
class ScanScenario:
    """One scan: a decimal return of every line of the pool."""

    scan_scenario_id: str
    returns: tuple[LineValue, ...]


@dataclass(frozen=True, kw_only=True)
class ScanMargin:
    """Margin by scanning: the pool's largest loss over the scans, at least zero."""

    scan_scenarios: tuple[ScanScenario, ...]


@dataclass(frozen=True, kw_only=True)
class RiskMargin:
    """Margin by volatility: a multiple of the pool's volatility over the margin period."""

    volatility_multiple: float
    margin_period_trading_days: int

    @property
    def annual_multiple(self) -> float:
        """Margin over the pool's annual volatility."""
        return self.volatility_multiple * math.sqrt(self.margin_period_trading_days / TRADING_DAYS_PER_YEAR)


@dataclass(frozen=True, kw_only=True)
class MarginPool:
    """One clearing broker, clearing house or dealer account: offsets act inside it only."""

    margin_pool_id: str
    counterparty_id: str = ""
    annual_margin_credit_spread: float | None = None
    outright: OutrightMargin | None = None
    scan: ScanMargin | None = None
    risk: RiskMargin | None = None
