"""Columns for what bends: trades away from today, and violations of soft limits."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, IndexArray, Side
from optimizer.program.lines import Lines
from optimizer.program.parts import Parts


def trades_of(lines: Lines, parts: Parts) -> tuple[FloatArray, IndexArray, IndexArray]:
    """Which way lines can be traded, and which need columns for |t| and for |t|^1.5."""
    lower, upper = lines.inputs.lower[: lines.count], lines.inputs.upper[: lines.count]
    free = lower < upper
    impact = free & np.any([goal.charges.impact > 0.0 for goal in parts.goals], axis=0)
    counted = np.any([goal.charges.traded > 0.0 for goal in parts.goals], axis=0)
    for rows in parts.rows:
        if rows.traded is not None:
            counted[rows.traded.column[rows.traded.value > 0.0]] = True
    one_way = np.where(lower >= lines.current, 1.0, np.where(upper <= lines.current, -1.0, 0.0))
    rising = np.where(free & ~impact, one_way, 0.0)
    return rising, np.flatnonzero(impact | (counted & free & (rising == 0.0))), np.flatnonzero(impact)


def places(members: IndexArray, start: int, count: int) -> tuple[IndexArray, int]:
    """Columns for these lines from `start` on, and where the next begin."""
    place = np.full(count, -1, dtype=np.intp)
    place[members] = start + np.arange(len(members))
    return place, start + len(members)


def lay_slacks(
    lines: Lines, parts: Parts, at: int
) -> tuple[dict[tuple[str, Side], IndexArray], dict[int, list[int]], int]:
    """Columns for the violations of every soft side, one for each member that may still be missed."""
    stage = lines.inputs.stage
    place: dict[tuple[str, Side], IndexArray] = {}
    of_priority: dict[int, list[int]] = {}
    if stage is None:
        return place, of_priority, at
    sides = [
        (rows.name, side, rows.softness, len(rows.offset))
        for rows in parts.rows
        for side, bound in ((Side.LOWER, rows.lower), (Side.UPPER, rows.upper))
        if bound is not None
    ]
    sides += [(ball.name, Side.UPPER, ball.softness, 1) for ball in parts.balls]
    for name, side, softness, count in sides:
        if softness is None:
            continue
        missed = np.flatnonzero(~stage.met(softness.priority, name, side, count))
        place[name, side], end = places(missed, at, count)
        of_priority.setdefault(softness.priority, []).extend(range(at, end))
        at = end
    return place, of_priority, at
