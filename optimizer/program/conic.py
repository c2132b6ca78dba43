"""The conic form of a problem: rows over columns, scaled, each with the limit that it speaks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray
from optimizer.program.bounded import edges_of
from optimizer.program.costs import priced
from optimizer.program.gather import gather
from optimizer.program.layout import Layout, layout_of
from optimizer.program.lines import Inputs, Lines, read_lines
from optimizer.program.numbers import ConicNumbers
from optimizer.program.parts import Parts


@dataclass(frozen=True, eq=False)
class ConicForm:
    """The numbers of a problem, and what their rows and columns stand for.

    Costs are divided by `objective_scale`, so that the engine sees them of order one.
    """

    lines: Lines
    layout: Layout
    objective_scale: float
    numbers: ConicNumbers


def conic_form(inputs: Inputs) -> ConicForm:
    """Reads a problem, lays it out and fills in its numbers.

    A layout that is remembered is filled in the same way as a fresh one, so both give the same bits.
    """
    lines = read_lines(inputs)
    parts = gather(lines)
    layout = layout_of(lines, parts)
    prices = priced(lines, layout.columns, parts, layout.charge)
    target, limit = layout.target.copy(), layout.limit.copy()
    targets, others = edges_of(parts)
    layout.target_edges.fill(target, targets)
    layout.limit_edges.fill(limit, others)
    limit[layout.boxes.upper_at] = inputs.upper[layout.boxes.upper_of]
    limit[layout.boxes.lower_at] = -inputs.lower[layout.boxes.lower_of]
    numbers = ConicNumbers(
        shape=layout.shape,
        cost=prices.cost,
        target=target,
        limit=limit,
        radii=_radii(layout, parts),
        quadratic_weight=prices.weight,
        quadratic_slope=prices.slope,
    )
    return ConicForm(lines=lines, layout=layout, objective_scale=prices.scale, numbers=numbers)


def _radii(layout: Layout, parts: Parts) -> FloatArray:
    """Radii by cone over its scale: limits on risk come last, norms of the goal and of pieces have none."""
    radii = np.zeros(len(layout.shape.cones))
    first = len(radii) - len(parts.balls)
    for index, ball in enumerate(parts.balls, start=first):
        if ball.radius is not None:
            radii[index] = ball.radius / layout.shape.cones[index].scale
    return radii
