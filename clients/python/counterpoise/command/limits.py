"""Limits: what binds, what one more unit is worth, what is missed, and how far the others are."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, LimitReport, StructuralRule
from counterpoise.wording.bounds import nearer_bound
from counterpoise.wording.figures import Money
from counterpoise.wording.names import Names
from counterpoise.wording.prices import gain_cells, gain_columns, loosening, optimized
from counterpoise.wording.soft import before_the_goal, is_missed, missed_limits
from counterpoise.wording.words import STRUCTURAL_BOUNDS

_SHOWN = 25
_NAMED = 5

SMALL_MOVES_ONLY = "These prices hold for small moves only: each further step brings the same or less."


def binding(allocation: Allocation, problem: AllocationProblem, names: Names, money: Money) -> Section | None:
    """Limits at their bounds, dearest step first, in one look; those that are worth nothing by name."""
    tight = [
        (limit, loosening(limit, problem.objective, is_share=names.is_share(limit.key)))
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
                or nearer_bound(limit, names, measured=True),
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
                nearer_bound(limit, names),
                names.number(limit.key, limit.value, limit.unit),
                names.number(limit.key, limit.violation, limit.unit),
            )
            for limit in missed[:_SHOWN]
        ],
        left=(0, 2),
        footnotes=(
            *([f"{len(missed) - _SHOWN} more are missed by less."] if len(missed) > _SHOWN else []),
            *([f"{met} more {'are' if met > 1 else 'is'} met."] if met and missed else []),
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
