"""What a swept bound is worth at each point of a frontier; nothing where that is no one number."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.model import (
    Allocation,
    LimitBoundParameter,
    LimitReport,
    Side,
    TerminationReason,
    TraceFrontierResponse,
)
from counterpoise.wording.soft import comparable, missed_limits

_UNPAID = 1e-6
"""A price per weighted unit of a soft limit that counts as none."""


def optimum(allocation: Allocation | None) -> Allocation | None:
    """An answer that carries positions; None for others."""
    if allocation is None or allocation.termination.reason != TerminationReason.OPTIMAL:
        return None
    return allocation


def bound_prices(
    points: Sequence[TraceFrontierResponse], at: int, bound: LimitBoundParameter
) -> list[float | None]:
    """Improvement of the objective per unit by which a bound is loosened, for each point.

    `at` is the place of the bound among the coordinates. All members of a limit move with their bound, and
    a factor-neutrality limit has its bound on both sides of zero. None where there is no answer, and where
    multipliers do not say what moving the bound brings: where a soft limit is missed at a price, since it
    would then be missed by less or more; and where one with a price is just met, unless it is still met at
    a tighter value of the same bound.
    """
    two_sided = bound.side == Side.UPPER and _is_neutrality(points, bound)
    return [
        _price(answer, bound, two_sided=two_sided)
        if (answer := optimum(point.allocation)) is not None and _holds(point, answer, points, at, bound.side)
        else None
        for point in points
    ]


def at_edge(points: Sequence[TraceFrontierResponse], at: int, bound: LimitBoundParameter) -> list[bool]:
    """For each point whether the next tighter value of a bound among the points is proven infeasible.

    `at` is the place of the bound among the coordinates. A multiplier there may be any number from what
    loosening earns upwards: what tightening costs has no end.
    """
    told = []
    for point in points:
        tighter = [other for other in points if _is_tighter(other, point, at, bound.side)]
        nearest = min(
            tighter, key=lambda other: abs(other.coordinates[at] - point.coordinates[at]), default=None
        )
        told.append(nearest is not None and _is_infeasible(nearest))
    return told


def _is_infeasible(point: TraceFrontierResponse) -> bool:
    answer = point.allocation
    return answer is not None and answer.termination.reason == TerminationReason.INFEASIBLE


def _price(answer: Allocation, bound: LimitBoundParameter, *, two_sided: bool) -> float:
    limits = _members(answer, bound)
    lower = sum(limit.lower_shadow_price or 0.0 for limit in limits)
    upper = sum(limit.upper_shadow_price or 0.0 for limit in limits)
    if two_sided:
        return lower + upper
    return lower if bound.side == Side.LOWER else upper


def _is_neutrality(points: Sequence[TraceFrontierResponse], bound: LimitBoundParameter) -> bool:
    """Whether one number bounds both sides: everywhere the lower mirrors the upper."""
    answers = (optimum(point.allocation) for point in points)
    limits = [limit for answer in answers if answer is not None for limit in _members(answer, bound)]
    return bool(limits) and all(
        limit.lower is not None and limit.upper is not None and limit.lower == -limit.upper
        for limit in limits
    )


def _members(answer: Allocation, bound: LimitBoundParameter) -> list[LimitReport]:
    return [limit for limit in answer.limits if limit.key.limit_id == bound.limit_id]


def _holds(
    point: TraceFrontierResponse,
    answer: Allocation,
    points: Sequence[TraceFrontierResponse],
    at: int,
    side: Side,
) -> bool:
    """Whether soft limits leave the multiplier of a bound its meaning."""
    priced = [limit for limit in answer.limits if limit.priority and limit.binding and _has_price(limit)]
    if not priced:
        return True
    return not missed_limits(answer) and any(
        _is_tighter(other, point, at, side) and _meets_all(other) for other in points
    )


def _has_price(limit: LimitReport) -> bool:
    prices = (limit.lower_shadow_price or 0.0) + (limit.upper_shadow_price or 0.0)
    return prices > comparable(_UNPAID, limit.unit)


def _is_tighter(other: TraceFrontierResponse, point: TraceFrontierResponse, at: int, side: Side) -> bool:
    """Whether a point differs in this bound alone, which is tighter there."""
    theirs, ours = list(other.coordinates), list(point.coordinates)
    tighter, here = theirs.pop(at), ours.pop(at)
    return theirs == ours and (tighter > here if side == Side.LOWER else tighter < here)


def _meets_all(point: TraceFrontierResponse) -> bool:
    answer = optimum(point.allocation)
    return answer is not None and not missed_limits(answer)
