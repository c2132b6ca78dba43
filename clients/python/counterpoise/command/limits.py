"""Limits: what binds, what one more unit is worth, and how far the others are."""

from __future__ import annotations

from counterpoise.command.figures import Money, brief, in_unit
from counterpoise.command.layout import Section
from counterpoise.command.words import STRUCTURAL_BOUNDS, Names
from counterpoise.model import (
    Allocation,
    AllocationProblem,
    Goal,
    LimitReport,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeActiveRisk,
    MinimizeRisk,
    Objective,
    Side,
    StructuralRule,
    Unit,
)

_SHOWN = 25
_STEPS = {
    Unit.RATIO: (0.01, "0.01x"),
    Unit.NAV_FRACTION: (0.001, "0.1 % of NAV"),
    Unit.ANNUAL_RATE: (0.0001, "0.01 %"),
}
"""Steps so small that nobody reads them as a forecast of a decision."""
_WORTHLESS = 1e-8
"""A gain per step below this, a ten-thousandth of a basis point, is rounding."""
_NEARLY = 1e-4

SMALL_MOVES_ONLY = "These prices hold for small moves only: each further step brings the same or less."


def binding(allocation: Allocation, problem: AllocationProblem, names: Names, money: Money) -> Section | None:
    """Limits at their bounds: the mandate's before the rules that nobody states, dearest first."""
    tight = [limit for limit in allocation.limits if limit.binding and _telling(limit)]
    if not tight:
        return None
    tight.sort(key=lambda limit: (limit.key.limit_id is None, -_price_of_step(limit)))
    rows = [
        (
            names.limit(limit.key),
            STRUCTURAL_BOUNDS.get(limit.key.structural_rule or 0)
            or f"{names.measured(limit.key)} {_bound_in_words(limit)}".strip(),
            *_loosened(limit, problem.objective, money),
        )
        for limit in tight[:_SHOWN]
    ]
    return Section(
        title="Limits that bind",
        sentences=(
            "What loosening each by a small step is worth at the margin, counted in "
            f"{optimized(problem.objective)}.",
            SMALL_MOVES_ONLY,
        ),
        columns=("Limit", "At", "Loosened by", "is worth"),
        rows=rows,
        left=(0, 1, 2, 3),
        footnotes=(f"{len(tight) - _SHOWN} more bind.",) if len(tight) > _SHOWN else (),
    )


def _telling(limit: LimitReport) -> bool:
    """Whether a binding limit tells more than the positions do.

    A rule that nobody stated and nobody would pay to loosen tells nothing; nor does that a line which is
    not held cannot be less than not held.
    """
    if limit.key.limit_id is not None:
        return True
    unheld = limit.key.structural_rule == StructuralRule.LINE_BOX and limit.lower == 0.0 == round(
        limit.value, 9
    )
    return not unheld and _price_of_step(limit) >= _WORTHLESS


def roomy(allocation: Allocation, names: Names) -> Section | None:
    """Limits that do not bind, nearest first."""
    loose = [limit for limit in allocation.limits if not limit.binding]
    if not loose:
        return None
    loose.sort(key=_slack)
    near = "nearly binding"
    nearly = any(_slack(limit) < _NEARLY for limit in loose[:_SHOWN])
    return Section(
        title="Limits with room",
        columns=("Limit", "value", "at least", "at most", "room", *(("",) if nearly else ())),
        rows=[
            (
                names.limit(limit.key),
                in_unit(limit.value, limit.unit),
                in_unit(limit.lower, limit.unit) if limit.lower is not None else "",
                in_unit(limit.upper, limit.unit) if limit.upper is not None else "",
                in_unit(_slack(limit), limit.unit),
                *((near if _slack(limit) < _NEARLY else "",) if nearly else ()),
            )
            for limit in loose[:_SHOWN]
        ],
        left=(0, 5),
        footnotes=(f"{len(loose) - _SHOWN} more have more room.",) if len(loose) > _SHOWN else (),
    )


def worth(limit: LimitReport, objective: Objective, names: Names, money: Money) -> str:
    """What loosening the dearer side of a limit by one step would bring, as a sentence."""
    step, gain = _loosened(limit, objective, money)
    return f"{step} {names.measured(limit.key)}".strip() + f" is worth {gain}"


def _loosened(limit: LimitReport, objective: Objective, money: Money) -> tuple[str, str]:
    side, price = _dearer_side(limit)
    step, step_name = _STEPS.get(limit.unit, (1.0, "one unit"))
    gain = price * step
    if gain < _WORTHLESS:
        return "", "nothing"
    return f"{step_name} {'more' if side is Side.UPPER else 'less'}", _gain_in_words(gain, objective, money)


def dearest(allocation: Allocation) -> tuple[LimitReport, ...]:
    """Binding limits whose loosening brings something, dearest step first.

    Capital, the bounds of single lines and the arithmetic of collateral are left out: nobody grants more
    of them.
    """
    granted = {
        None,
        StructuralRule.SLEEVE_CAPACITY,
        StructuralRule.CREDIT_COMMITMENT,
        StructuralRule.DEFAULT_LEVERAGE_CAP,
    }
    worthy = [
        limit
        for limit in allocation.limits
        if limit.binding and limit.key.structural_rule in granted and _price_of_step(limit) >= _WORTHLESS
    ]
    return tuple(sorted(worthy, key=lambda limit: -_price_of_step(limit)))


def optimized(objective: Objective) -> str:
    """What the objective is, in words."""
    words: dict[type[Goal], str] = {
        MaximizeNetReturn: "expected net return",
        MaximizeUtility: "risk-adjusted return",
        MaximizeAlpha: "alpha",
        MinimizeActiveRisk: "active risk",
        MinimizeRisk: "volatility",
    }
    return words[type(objective.goal)]


def _gain_in_words(gain: float, objective: Objective, money: Money) -> str:
    points = brief(gain)
    return f"{points} bp a year = {money.words_of(gain)}" if objective.maximizes else f"{points} bp less"


def _dearer_side(limit: LimitReport) -> tuple[Side, float]:
    lower, upper = limit.lower_shadow_price or 0.0, limit.upper_shadow_price or 0.0
    if lower == upper and limit.upper is None:
        return Side.LOWER, lower
    return (Side.LOWER, lower) if lower > upper else (Side.UPPER, upper)


def _price_of_step(limit: LimitReport) -> float:
    return _dearer_side(limit)[1] * _STEPS.get(limit.unit, (1.0, ""))[0]


def _slack(limit: LimitReport) -> float:
    slacks = [slack for slack in (limit.lower_slack, limit.upper_slack) if slack is not None]
    return min(slacks, default=float("inf"))


def _bound_in_words(limit: LimitReport) -> str:
    if limit.lower is not None and limit.lower == limit.upper:
        return f"exactly {in_unit(limit.lower, limit.unit)}"
    at_lower = limit.upper_slack is None or (
        limit.lower_slack is not None and limit.lower_slack <= limit.upper_slack
    )
    bound = limit.lower if at_lower else limit.upper
    if bound is None:
        return in_unit(limit.value, limit.unit)
    return f"{'at least' if at_lower else 'at most'} {in_unit(bound, limit.unit)}"
