"""Limits: what binds, what one more unit is worth, what is missed, and how far the others are."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, LimitReport, Objective, StructuralRule, Unit
from counterpoise.wording.figures import PER_BASIS_POINT, Money, in_unit
from counterpoise.wording.names import Names
from counterpoise.wording.prices import comparable, gain_in_words, is_missed, loosening, optimized
from counterpoise.wording.words import STRUCTURAL_BOUNDS

_SHOWN = 25
_NEARLY = 1e-4

SMALL_MOVES_ONLY = "These prices hold for small moves only: each further step brings the same or less."


def binding(allocation: Allocation, problem: AllocationProblem, names: Names, money: Money) -> Section | None:
    """Limits at their bounds: the mandate's before the rules that nobody states, dearest first."""
    tight = [limit for limit in allocation.limits if limit.binding and _telling(limit, problem.objective)]
    if not tight:
        return None
    tight.sort(key=lambda limit: (limit.key.limit_id is None, -loosening(limit, problem.objective).gain))
    rows = [
        (
            names.limit(limit.key),
            STRUCTURAL_BOUNDS.get(limit.key.structural_rule or 0)
            or f"{names.measured(limit.key)} {_bound_in_words(limit)}".strip(),
            *_loosened(limit, problem, money),
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
        whole=(2, 3),
        footnotes=(
            *([f"{len(tight) - _SHOWN} more bind."] if len(tight) > _SHOWN else []),
            *_of_units(tight[:_SHOWN]),
        ),
    )


def soft(allocation: Allocation, names: Names) -> Section | None:
    """Soft limits that are missed, by how much; those that are met only by their number."""
    given = [limit for limit in allocation.limits if limit.priority > 0]
    missed = sorted(
        (limit for limit in given if is_missed(limit)), key=lambda limit: (limit.priority, -limit.violation)
    )
    if not given:
        return None
    met = len(given) - len(missed)
    return Section(
        title="Soft limits",
        sentences=(
            "No allocation within the hard limits misses them less, priority 1 first; nothing is missed "
            "for return."
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
            *_of_units(missed[:_SHOWN]),
        ),
    )


def roomy(allocation: Allocation, names: Names) -> Section | None:
    """Limits that do not bind, nearest first."""
    loose = [limit for limit in allocation.limits if not limit.binding and not is_missed(limit)]
    if not loose:
        return None
    loose.sort(key=_distance)
    near = "nearly binding"
    nearly = any(_distance(limit) < _NEARLY for limit in loose[:_SHOWN])
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
            for limit in loose[:_SHOWN]
        ],
        left=(0, 5),
        footnotes=(
            *([f"{len(loose) - _SHOWN} more have more room."] if len(loose) > _SHOWN else []),
            *_of_units(loose[:_SHOWN]),
        ),
    )


def _telling(limit: LimitReport, objective: Objective) -> bool:
    """Whether a binding limit tells more than the positions and the soft limits do.

    A rule that nobody stated and nobody would pay to loosen tells nothing; nor does that a line which is
    not held cannot be less than not held. A soft limit that is missed has no price: loosening it makes
    the miss smaller and leaves the positions where they are.
    """
    if is_missed(limit):
        return False
    if limit.key.limit_id is not None:
        return True
    unheld = limit.key.structural_rule == StructuralRule.LINE_BOX and limit.lower == 0.0 == round(
        limit.value, 9
    )
    return not unheld and not loosening(limit, objective).brings_nothing


def _loosened(limit: LimitReport, problem: AllocationProblem, money: Money) -> tuple[str, str]:
    step = loosening(limit, problem.objective)
    if step.brings_nothing:
        return "", "nothing"
    return f"{step.step} {step.direction}", gain_in_words(step.gain, problem.objective, money)


def _slack(limit: LimitReport) -> float:
    slacks = [slack for slack in (limit.lower_slack, limit.upper_slack) if slack is not None]
    return min(slacks, default=float("inf"))


def _distance(limit: LimitReport) -> float:
    return comparable(_slack(limit), limit.unit)


def _of_units(limits: Sequence[LimitReport]) -> tuple[str, ...]:
    per_basis_point = any(limit.unit is Unit.NAV_FRACTION_PER_BASIS_POINT for limit in limits)
    return (PER_BASIS_POINT,) if per_basis_point else ()


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
