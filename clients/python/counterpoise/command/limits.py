"""Limits: what binds, what one more unit is worth, what is missed, and how far the others are."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, LimitReport, StructuralRule
from counterpoise.wording.figures import Money, in_unit
from counterpoise.wording.names import Names
from counterpoise.wording.prices import gain_cells, gain_columns, loosening, optimized
from counterpoise.wording.soft import before_the_goal, comparable, is_missed, missed_limits
from counterpoise.wording.words import STRUCTURAL_BOUNDS

_SHOWN = 25
_ROOMY_SHOWN = 8
_NAMED = 5
_NEARLY = 1e-4

SMALL_MOVES_ONLY = "These prices hold for small moves only: each further step brings the same or less."


def binding(allocation: Allocation, problem: AllocationProblem, names: Names, money: Money) -> Section | None:
    """Limits at their bounds, dearest step first, in one look; those that are worth nothing by name."""
    tight = [
        (limit, loosening(limit, problem.objective))
        for limit in allocation.limits
        if limit.binding and not is_missed(limit)
    ]
    priced = [item for item in tight if not item[1].brings_nothing and not _is_fixed(item[0], problem)]
    priced.sort(key=lambda item: -item[1].gain)
    free = [limit for limit, step in tight if step.brings_nothing and limit.key.limit_id is not None]
    held = before_the_goal(allocation, names, priced=bool(priced))
    if not priced and not free and not held:
        return None
    gains = gain_columns(problem.objective)
    return Section(
        title="Limits that bind",
        sentences=(
            *([held] if held else []),
            *(
                [
                    f"What a small step is worth at the margin, in {optimized(problem.objective)}.",
                    SMALL_MOVES_ONLY,
                ]
                if priced
                else []
            ),
        ),
        columns=("Limit", "At", "loosened by", *gains),
        rows=[
            (
                names.limit(limit.key),
                STRUCTURAL_BOUNDS.get(limit.key.structural_rule or 0)
                or f"{names.measured(limit.key)} {_bound_in_words(limit)}".strip(),
                step.signed,
                *gain_cells(step.gain, problem.objective, money),
            )
            for limit, step in priced[:_SHOWN]
        ],
        left=(0, 1),
        footnotes=(
            *([f"{len(priced) - _SHOWN} more bind and are worth less."] if len(priced) > _SHOWN else []),
            *_worth_nothing(free, names),
        ),
    )


def soft(allocation: Allocation, names: Names) -> Section | None:
    """Soft limits that are missed, by how much; those that are met only by their number."""
    given = [limit for limit in allocation.limits if limit.priority > 0]
    missed = missed_limits(allocation)
    if not given:
        return None
    met = len(given) - len(missed)
    return Section(
        title="Soft limits",
        sentences=(
            "None can be missed less within the hard limits, priority 1 first; nothing is missed for return."
            if missed
            else f"All that are given are met: {met}.",
        ),
        columns=("Limit", "priority", "wanted", "comes to", "missed by"),
        rows=[
            (
                names.limit(limit.key),
                str(limit.priority),
                _bound_in_words(limit),
                in_unit(limit.value, limit.unit),
                in_unit(limit.violation, limit.unit),
            )
            for limit in missed[:_SHOWN]
        ],
        left=(0, 2),
        footnotes=(
            *([f"{len(missed) - _SHOWN} more are missed by less."] if len(missed) > _SHOWN else []),
            *([f"{met} more {'are' if met > 1 else 'is'} met."] if met and missed else []),
        ),
    )


def roomy(allocation: Allocation, names: Names) -> Section | None:
    """Limits that do not bind, nearest first."""
    loose = [limit for limit in allocation.limits if not limit.binding and not is_missed(limit)]
    if not loose:
        return None
    loose.sort(key=_distance)
    near = "nearly binding"
    nearly = any(_distance(limit) < _NEARLY for limit in loose[:_ROOMY_SHOWN])
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
                *((near if _distance(limit) < _NEARLY else "",) if nearly else ()),
            )
            for limit in loose[:_ROOMY_SHOWN]
        ],
        left=(0, 5),
        footnotes=(
            *([f"{len(loose) - _ROOMY_SHOWN} more have more room."] if len(loose) > _ROOMY_SHOWN else []),
        ),
    )


def _is_fixed(limit: LimitReport, problem: AllocationProblem) -> bool:
    """Whether nobody can loosen a rule: there is one capital, and a pinned or absent line stays as it is."""
    rule, value = limit.key.structural_rule, limit.value
    if rule == StructuralRule.CAPITAL_BUDGET:
        return True
    if rule != StructuralRule.LINE_BOX:
        return False
    line = next((line for line in problem.portfolio.lines if line.line_id == limit.key.line_id), None)
    least = line.minimum_fraction if line is not None else None
    pinned = line is not None and least is not None and least == line.maximum_fraction
    return pinned or limit.lower == 0.0 == round(value, 9)


def _worth_nothing(limits: Sequence[LimitReport], names: Names) -> tuple[str, ...]:
    if not limits:
        return ()
    named = "; ".join(names.limit(limit.key) for limit in limits[:_NAMED])
    others = f"; and {len(limits) - _NAMED} more" if len(limits) > _NAMED else ""
    return (f"At their bounds, and worth nothing: {named}{others}.",)


def _slack(limit: LimitReport) -> float:
    slacks = [slack for slack in (limit.lower_slack, limit.upper_slack) if slack is not None]
    return min(slacks, default=float("inf"))


def _distance(limit: LimitReport) -> float:
    return comparable(_slack(limit), limit.unit)


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
