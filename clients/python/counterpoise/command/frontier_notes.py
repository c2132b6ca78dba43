"""What is said below a frontier: its prices, what is missed, and what has no answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from counterpoise.frames.bound_prices import at_edge
from counterpoise.frames.frontier import REFUSED, axis_name, price_name
from counterpoise.model import AllocationProblem, SweepAxis, TraceFrontierResponse
from counterpoise.wording.names import Names
from counterpoise.wording.soft import missed_limits, misses_in_words
from counterpoise.wording.sweeps import value_in_words

OPTIMAL, INFEASIBLE = "optimal", "infeasible"
"""Endings as frames name them."""
_REFUSALS_SHOWN = 3
_MISSES_SHOWN = 3


def prices_explained(
    frame: pd.DataFrame, points: Sequence[TraceFrontierResponse], axis: SweepAxis, problem: AllocationProblem
) -> tuple[str, ...]:
    """What a shadow price is, where it is no one number, and why a certified answer may have none."""
    price = price_name(axis_name(axis))
    if price not in frame or not (frame["termination"] == OPTIMAL).any():
        return ()
    told = (
        "The shadow price is the objective's improvement per unit by which that bound is loosened; "
        "it holds for small moves. It lies between the slopes on both sides: no less than what loosening "
        f"earns, no more than what tightening costs.{_edges(frame[price], points, axis, problem)}"
    )
    if not bool((frame[price].isna() & (frame["termination"] == OPTIMAL)).any()):
        return (told,)
    return (
        told,
        "There is none where a soft limit is missed, or may be just met: moving the bound then changes what "
        "is missed, which comes before the objective.",
    )


def _edges(
    prices: pd.Series[float],
    points: Sequence[TraceFrontierResponse],
    axis: SweepAxis,
    problem: AllocationProblem,
) -> str:
    """Where one of the slopes has no end."""
    if axis.limit_bound is None:
        return ""
    names = Names(problem)
    at = [
        value_in_words(point.coordinates[0], axis, problem, names)
        for point, edge in zip(points, at_edge(points, 0, axis.limit_bound), strict=True)
        if edge and not math.isnan(prices[point.point_index])
    ]
    if not at:
        return ""
    return (
        f" At {' and '.join(at)} the next tighter value has no allocation: the price may be anything beyond "
        "what loosening earns there."
    )


def missed(
    points: Sequence[TraceFrontierResponse], axis: SweepAxis, problem: AllocationProblem, names: Names
) -> tuple[str, ...]:
    """At how many values soft limits are missed, and by how much at the first of them."""
    told = [
        f"{misses_in_words(point.allocation, names)} at "
        f"{value_in_words(point.coordinates[0], axis, problem, names)}"
        for point in sorted(points, key=lambda point: point.point_index)
        if point.allocation is not None and missed_limits(point.allocation)
    ]
    if not told:
        return ()
    shown = "; ".join(told[:_MISSES_SHOWN])
    more = f"; and at {len(told) - _MISSES_SHOWN} more" if len(told) > _MISSES_SHOWN else ""
    return (f"Soft limits are missed at {len(told)} of {len(points)} values: {shown}{more}.",)


def without(frame: pd.DataFrame) -> tuple[str, ...]:
    """How many points have no answer to act on."""
    endings = list(frame["termination"])
    infeasible, refused = endings.count(INFEASIBLE), endings.count(REFUSED)
    unproven = len(endings) - infeasible - refused - endings.count(OPTIMAL)
    told = []
    if infeasible:
        told.append(
            f"{infeasible} of {len(endings)} points {_are(infeasible)} proven infeasible; "
            "`counterpoise explain` says why a problem is."
        )
    if unproven:
        told.append(f"{unproven} of {len(endings)} points {_are(unproven)} not proven either way.")
    return tuple(told)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def refused(
    points: Sequence[TraceFrontierResponse], axis: SweepAxis, problem: AllocationProblem, names: Names
) -> tuple[str, ...]:
    """Why values were refused, the first few."""
    told = [
        f"{value_in_words(point.coordinates[0], axis, problem, names)} was refused: {_why(point)}"
        for point in sorted(points, key=lambda point: point.point_index)
        if point.allocation is None
    ]
    more = len(told) - _REFUSALS_SHOWN
    return (*told[:_REFUSALS_SHOWN], *((f"and {more} more.",) if more > 0 else ()))


def _why(point: TraceFrontierResponse) -> str:
    refusal = point.refusal
    if refusal is None:
        return "the answer does not say why."
    if refusal.violations:
        first = refusal.violations[0]
        return f"{first.field}: {first.message}"
    return refusal.message or refusal.reason.name.lower().replace("_", " ")
