"""A portfolio before and after its trades: every number that both sides have a place for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model import CorrelationRegime, PortfolioMeasures, RebalanceProposal, Unit
from counterpoise.wording.coverage import ratio_of, same_day_ratio
from counterpoise.wording.stressed import base_leverage, stressed

Key = tuple[str, str]
"""Part and name: `("leverage", "gross_notional")`, `("loss", "crash")`."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One number on both sides; None where a side has none."""

    part: str
    name: str
    unit: Unit
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """After less before; None where a side has no number."""
        return self.after - self.before if self.before is not None and self.after is not None else None


def compared(proposal: RebalanceProposal) -> tuple[Compared, ...]:
    """Both sides of a proposal, part by part, in the order of the answer.

    Parts: return (annual net return, and without alpha), volatility, leverage (by definition, base state),
    reserve, loss, cash_call and unpaid (by scenario), coverage (the least ratio of each scenario, `(base)`
    without one, infinite where nothing is needed), exposure (by driver), position (by line).
    """
    before, after = _numbers(proposal.before), _numbers(proposal.after)
    return tuple(
        Compared(
            part=key[0],
            name=key[1],
            unit=(after.get(key) or before[key])[1],
            before=before[key][0] if key in before else None,
            after=after[key][0] if key in after else None,
        )
        for key in sorted(after | before, key=lambda key: _PARTS.index(key[0]))
    )


def find(items: tuple[Compared, ...], part: str, name: str) -> Compared | None:
    """One number of `compared`; None where neither side has it."""
    return next((item for item in items if (item.part, item.name) == (part, name)), None)


_PARTS = (
    "return",
    "volatility",
    "leverage",
    "reserve",
    "loss",
    "cash_call",
    "unpaid",
    "coverage",
    "exposure",
    "position",
)
_BASE = "(base)"


def _numbers(measures: PortfolioMeasures | None) -> dict[Key, tuple[float, Unit]]:
    """Every number of one side with its unit."""
    if measures is None:
        return {}
    fraction, rate, ratio = Unit.NAV_FRACTION, Unit.ANNUAL_RATE, Unit.RATIO
    told: dict[Key, tuple[float, Unit]] = {}
    if measures.expected_return is not None:
        told["return", "net"] = (measures.expected_return.annual_net_return, rate)
        told["return", "without_alpha"] = (measures.expected_return.annual_net_return_without_alpha, rate)
    for figure in measures.risk.figures if measures.risk is not None else ():
        regime = "stressed_" if figure.regime is CorrelationRegime.STRESSED else ""
        name = f"{regime}{_name(figure.statistic)}".removesuffix("_volatility")
        told["volatility", name] = (figure.annual_volatility, rate)
    for definition, value in base_leverage(measures.leverage_figures).items():
        told["leverage", _name(definition)] = (value, ratio)
    if measures.reserve is not None:
        told["reserve", "reserve"] = (measures.reserve.reserve_fraction, fraction)
        told["reserve", "encumbered"] = (measures.reserve.encumbered_fraction, fraction)
        told["reserve", "free"] = (measures.reserve.free_fraction, fraction)
    for item in measures.stresses:
        told["loss", item.scenario_id] = (item.loss_fraction, fraction)
        told["cash_call", item.scenario_id] = (item.cash_call_fraction, fraction)
        told["unpaid", item.scenario_id] = (item.unpaid_fraction, fraction)
    given = stressed(measures)
    for scenario_id in given.by_coverage:
        least = min(min(ratio_of(item), same_day_ratio(item)) for item in given.coverage(scenario_id))
        told["coverage", scenario_id or _BASE] = (least, ratio)
    for exposure in measures.exposures:
        total = exposure.funded + exposure.overlay + exposure.alpha_look_through
        told["exposure", exposure.driver_id] = (total, exposure.unit)
    for position in measures.positions:
        told["position", position.line_id] = (position.fraction, fraction)
    return told


def _name(value: int) -> str:
    """The name of an enum value in lower case; the number of one that is newer than this client."""
    return value.name.lower() if isinstance(value, IntEnum) else str(value)
