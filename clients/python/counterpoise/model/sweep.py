"""Numbers of a problem that a sweep moves."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model.common import Side


@dataclass(frozen=True, kw_only=True)
class LimitBoundParameter:
    """A bound of a limit of the mandate."""

    limit_id: str
    side: Side


@dataclass(frozen=True, kw_only=True)
class RiskAversionParameter:
    """The risk aversion of an objective that maximises utility."""


@dataclass(frozen=True, kw_only=True)
class ReserveRateParameter:
    """The default rate of a reserve limit."""

    limit_id: str


@dataclass(frozen=True, kw_only=True)
class AlphaScaleParameter:
    """A factor on every expected alpha, before the evidence rule."""


@dataclass(frozen=True, kw_only=True)
class SweepAxis:
    """One number to sweep, exactly one of the four, and its distinct values in the number's unit."""

    limit_bound: LimitBoundParameter | None = None
    risk_aversion: RiskAversionParameter | None = None
    reserve_rate: ReserveRateParameter | None = None
    alpha_scale: AlphaScaleParameter | None = None
    parameter_values: tuple[float, ...] = ()
