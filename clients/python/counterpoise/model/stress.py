"""Parts of an answer that speak of scenarios and of money by when. Fractions are of NAV."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.model.common import DriverValue, LineValue


@dataclass(frozen=True, kw_only=True)
class CoverageFigure:
    """Sources of money against the need within a horizon; an empty scenario is the base state."""

    scenario_id: str = ""
    horizon_trading_days: int = 0
    reserve_source_fraction: float = 0.0
    funded_source_fraction: float = 0.0
    sleeve_source_fraction: float = 0.0
    credit_source_fraction: float = 0.0
    initial_margin_fraction: float = 0.0
    variation_margin_fraction: float = 0.0
    outflow_fraction: float = 0.0
    same_day_cash_fraction: float = 0.0

    @property
    def source_fraction(self) -> float:
        """All money that is there."""
        return (
            self.reserve_source_fraction
            + self.funded_source_fraction
            + self.sleeve_source_fraction
            + self.credit_source_fraction
        )

    @property
    def need_fraction(self) -> float:
        """All money that is asked for."""
        return self.initial_margin_fraction + self.variation_margin_fraction + self.outflow_fraction


@dataclass(frozen=True, kw_only=True)
class NoticeDeadline:
    """The last day for notice to a line, for its money to be there when it is needed."""

    line_id: str = ""
    needed_trading_days: int = 0
    notice_trading_days: int = 0
    latest_date: datetime.date | None = None


@dataclass(frozen=True, kw_only=True)
class StressReport:
    """One scenario: what is lost, what is called, what pays it, and when it runs short."""

    scenario_id: str = ""
    horizon_trading_days: int = 0
    loss_fraction: float = 0.0
    funded_loss_fraction: float = 0.0
    overlay_loss_fraction: float = 0.0
    sleeve_loss_fraction: float = 0.0
    reserve_loss_fraction: float = 0.0
    ruin: bool = False
    variation_margin_fraction: float = 0.0
    margin_increase_fraction: float = 0.0
    payments: tuple[LineValue, ...] = ()
    unpaid_fraction: float = 0.0
    first_shortfall_trading_days: int | None = None
    reserve_gone_multiple: float | None = None
    notice_deadlines: tuple[NoticeDeadline, ...] = ()
    regressed_shocks: tuple[DriverValue, ...] = ()

    @property
    def cash_call_fraction(self) -> float:
        """What all pools ask for: variation margin, and initial margin beyond today's."""
        return self.variation_margin_fraction + self.margin_increase_fraction
