"""Shadow prices in words: what loosening a limit by a small step is worth."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import (
    Allocation,
    Goal,
    LimitReport,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MeetRiskBudget,
    MinimizeActiveRisk,
    MinimizeCost,
    MinimizeRisk,
    Objective,
    Side,
    StructuralRule,
    Unit,
)
from counterpoise.wording.figures import Money, basis_points, brief
from counterpoise.wording.names import Names
from counterpoise.wording.soft import is_missed

_STEPS = {
    Unit.RATIO: (0.01, "0.01x"),
    Unit.NAV_FRACTION: (0.001, "0.1 %"),
    Unit.ANNUAL_RATE: (0.0001, "0.01 %"),
    Unit.NAV_FRACTION_PER_BASIS_POINT: (1e-6, "0.01 bp/bp"),
}
"""Steps so small that nobody reads them as a forecast of a decision."""
_STEP_OF_SHARES = (0.001, "0.1 %")
_SIGNS = {"more": "+", "less": "-", "wider": "+/-"}
_WORTHLESS = 1e-8
"""A gain per step below this, a ten-thousandth of a basis point, is rounding."""
_LEAST_TOLD = 5e-8
"""What is a thousandth of a basis point when rounded."""
_NO_NEARER = 1e-5
"""The same for the distance from a risk budget, which a certificate knows to this."""
_GOALS: dict[type[Goal], str] = {
    MaximizeNetReturn: "expected net return",
    MaximizeUtility: "risk-adjusted return",
    MaximizeAlpha: "alpha",
    MinimizeActiveRisk: "active risk",
    MinimizeRisk: "volatility",
    MinimizeCost: "cost",
    MeetRiskBudget: "distance from the risk budget",
}
_GRANTED = {
    None,
    StructuralRule.SLEEVE_CAPACITY,
    StructuralRule.SLEEVE_REDEMPTION,
    StructuralRule.CREDIT_COMMITMENT,
    StructuralRule.DEFAULT_LEVERAGE_CAP,
}
"""Whose loosening somebody can grant: the mandate's limits, a manager's and a bank's terms."""


@dataclass(frozen=True, kw_only=True)
class Loosening:
    """One limit loosened by one small step at its dearer side.

    `step` and `direction` are words, `signed` is both for a table, `gain` is the objective's improvement
    in its own unit.
    """

    step: str
    direction: str
    signed: str
    gain: float
    brings_nothing: bool


def loosening(limit: LimitReport, objective: Objective, *, is_share: bool = False) -> Loosening:
    """What a small step is for a limit, and what it brings; a gain that is rounding brings nothing.

    `is_share` says that the limit is on a share, whose step is told in percent.
    """
    side, price = _dearer_side(limit)
    step, figure = _STEP_OF_SHARES if is_share else _STEPS.get(limit.unit, (1.0, "one unit"))
    direction = "more" if side is Side.UPPER else "less"
    if limit.upper and limit.lower == -limit.upper:
        direction = "wider"  # one number bounds both sides, and moves both
    least = _NO_NEARER if isinstance(objective.goal, MeetRiskBudget) else _WORTHLESS
    gain = price * step
    return Loosening(
        step=f"{figure} of NAV" if limit.unit is Unit.NAV_FRACTION else figure,
        direction=direction,
        signed=f"{_SIGNS[direction]}{figure}",
        gain=gain,
        brings_nothing=gain < least,
    )


def dearest(allocation: Allocation, objective: Objective) -> tuple[LimitReport, ...]:
    """Binding limits whose loosening brings something and can be granted, dearest step first.

    Capital, the bounds of single lines and the arithmetic of collateral are left out: nobody grants more
    of them.
    """
    worthy = [
        limit
        for limit in allocation.limits
        if limit.binding
        and not is_missed(limit)
        and limit.key.structural_rule in _GRANTED
        and not loosening(limit, objective).brings_nothing
    ]
    return tuple(sorted(worthy, key=lambda limit: -loosening(limit, objective).gain))


def optimized(objective: Objective) -> str:
    """What the objective is, in words."""
    goal = _GOALS[type(objective.goal)]
    return f"{goal}{_charge(objective)}"


def improved(objective: Objective) -> str:
    """What a better answer does: `has more alpha`, `costs less`."""
    if isinstance(objective.goal, MinimizeCost):
        return f"costs less{_charge(objective)}"
    if isinstance(objective.goal, MeetRiskBudget):
        return "is nearer to the risk budget"
    return f"has {'more' if objective.maximizes else 'less'} {optimized(objective)}"


def _charge(objective: Objective) -> str:
    if objective.alpha_uncertainty is None and objective.premium_uncertainty is None:
        return ""
    if objective.maximizes:
        return " less the charge for uncertainty"
    return ", the charge for uncertainty included"


def gain_in_words(gain: float, objective: Objective, money: Money) -> str:
    """The size of an improvement of the objective: `0.15 bp = $7.5k` of a year."""
    if isinstance(objective.goal, MeetRiskBudget):
        return f"{gain:.3g}"
    points = f"{brief(gain)} bp"
    return f"{points} = {money.words_of(gain)}" if _in_money(objective) else points


def brings(gain: float, objective: Objective, money: Money) -> str:
    """What a step does: `is worth 0.15 bp`, of what is made small `saves 0.15 bp`."""
    size = gain_in_words(gain, objective, money)
    if isinstance(objective.goal, MeetRiskBudget):
        return f"brings it nearer by {size}"
    return f"{'is worth' if objective.maximizes else 'saves'} {size}"


def gain_columns(objective: Objective) -> tuple[str, ...]:
    """Headings of `gain_cells`."""
    if isinstance(objective.goal, MeetRiskBudget):
        return ("nearer by",)
    points = "bp" if objective.maximizes else "saves, bp"
    return (points, "a year") if _in_money(objective) else (points,)


def gain_cells(gain: float, objective: Objective, money: Money) -> tuple[str, ...]:
    """An improvement of the objective for a table: basis points, and money where the objective is some."""
    if isinstance(objective.goal, MeetRiskBudget):
        return (f"{gain:.3g}",)
    points = basis_points(gain, 3) if gain >= _LEAST_TOLD else "<0.001"
    return (points, money.words_of(gain)) if _in_money(objective) else (points,)


def worth(limit: LimitReport, objective: Objective, names: Names, money: Money) -> str:
    """What loosening the dearer side of a limit by one step would bring, as a sentence."""
    step = loosening(limit, objective, is_share=names.is_share(limit.key))
    loosened = f"{step.step} {step.direction} {names.measured(limit.key)}".strip()
    of_each_year = " a year" if _in_money(objective) else ""
    return f"{loosened} {brings(step.gain, objective, money)}{of_each_year}"


def _in_money(objective: Objective) -> bool:
    """Whether the objective is a return or a cost, of which each year brings its own."""
    return objective.maximizes or isinstance(objective.goal, MinimizeCost)


def _dearer_side(limit: LimitReport) -> tuple[Side, float]:
    lower, upper = limit.lower_shadow_price or 0.0, limit.upper_shadow_price or 0.0
    if lower == upper and limit.upper is None:
        return Side.LOWER, lower
    return (Side.LOWER, lower) if lower > upper else (Side.UPPER, upper)
