"""What an objective charges: costs by column, and variance by components or on the lines."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from counterpoise.model import FloatArray, Side
from optimizer.program.blocks import charged_directly
from optimizer.program.columns import TRADE, Columns
from optimizer.program.lines import Lines
from optimizer.program.numbers import Cone
from optimizer.program.parts import Parts
from optimizer.program.rows import Ball
from optimizer.program.terms.objective import Goal

_LEAST_SCALE = 1e-9
"""An objective's scale is what positions earn, and at least this part of what their variance could cost."""


@dataclass(frozen=True, eq=False)
class Charge:
    """What half the aversion charges for variance: m'Mm or |q|^2 times size, and linear costs.

    Of components q of a block or directly on the lines; `slope` is on q, `linear` on free lines.
    """

    matrix: sp.csc_array
    block: int | None = None
    size: float = 0.0
    slope: FloatArray = field(default_factory=lambda: np.zeros(0))
    linear: FloatArray = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, eq=False)
class Priced:
    """Costs of columns over an objective's scale, and weight (m'Mm + |q|^2) + slope'q."""

    cost: FloatArray
    scale: float
    weight: float
    slope: FloatArray


@dataclass(frozen=True, eq=False)
class Costs:
    """A goal over the main columns: cost'm plus a constant that fixed variables leave."""

    cost: FloatArray
    constant: float


def goal_costs(lines: Lines, columns: Columns, goal: Goal) -> Costs:
    """Everything that a goal charges but for a variance."""
    charges, count = goal.charges, lines.count
    cost = np.zeros(columns.main_count)
    by_line = charges.linear.copy()
    by_line[:count] += charges.absolute * columns.rising + charges.traded * columns.traded_rising
    cost[: len(columns.free)] = by_line[columns.free]
    cost[columns.absolute_place[columns.signed]] = charges.absolute[columns.signed]
    traded, impact = (np.flatnonzero(place >= 0) for place in (columns.traded_place, columns.impact_place))
    cost[columns.traded_place[traded]] = TRADE * charges.traded[traded]
    cost[columns.impact_place[impact]] = TRADE**1.5 * charges.impact[impact]
    for ball in goal.balls:
        cost[columns.norm_place[ball.name]] = columns.blocks[columns.block_of[ball.name]].scale
    if goal.budget is not None:
        end = columns.logarithm_start + len(goal.budget.lines)
        cost[columns.logarithm_start : end] = -goal.budget.shares
    fixed = lines.inputs.lower[:count] >= lines.inputs.upper[:count]
    trade = np.abs(columns.fixed[:count] - columns.current)
    left = charges.linear @ columns.fixed + charges.absolute @ np.abs(columns.fixed[:count])
    left += fixed @ (charges.traded * trade + charges.impact * trade**1.5)
    left -= charges.traded @ (columns.traded_rising * columns.current)
    return Costs(cost, float(left))


def charge_of(lines: Lines, columns: Columns, parts: Parts) -> Charge:
    """How the goal's variance is charged; nothing in it depends on how dear it is."""
    variance = parts.goal.variance
    if variance is None:
        return Charge(sp.csc_array((columns.main_count, columns.main_count)))
    if charged_directly(parts):
        return _direct_charge(lines, columns, variance)
    index = columns.block_of[variance.name]
    block = columns.blocks[index]
    own = columns.place[block.own]
    shape = (columns.main_count, columns.main_count)
    matrix = sp.csc_array((block.own_factor**2, (own, own)), shape=shape)
    offset = block.factor @ variance.reference[block.drivers]
    return Charge(matrix, index, block.scale**2, -2.0 * offset)


def priced(lines: Lines, columns: Columns, parts: Parts, charge: Charge) -> Priced:
    """Costs by main column, their scale, and the charge for variance."""
    goal = parts.goal
    cost = goal_costs(lines, columns, goal).cost
    _charge_violations(lines, columns, cost)
    if goal.variance is None:
        scale = float(np.abs(cost).max(initial=0.0)) or 1.0
        return Priced(cost / scale, scale, 0.0, np.zeros(0))
    size = goal.half_aversion * charge.size
    cost[: len(charge.linear)] += goal.half_aversion * charge.linear
    scale = max(float(np.abs(cost).max(initial=0.0)), _LEAST_SCALE * size) or 1.0
    return Priced(cost / scale, scale, size / scale, size / scale * charge.slope)


def _charge_violations(lines: Lines, columns: Columns, cost: FloatArray) -> None:
    """Adds what violations cost: 1 for the priority that is minimised, a penalty for the last held."""
    stage = lines.inputs.stage
    if stage is None:
        return
    if stage.minimised is not None:
        cost[columns.slack_of.get(stage.minimised, [])] = 1.0
    if stage.penalty is not None:
        largest = float(np.abs(cost).max(initial=0.0)) or 1.0
        cost[columns.slack_of.get(stage.held[-1].priority, [])] = stage.penalty * largest


def _direct_charge(lines: Lines, columns: Columns, ball: Ball) -> Charge:
    """|C v - g|^2 with every component C of a volatility written on the lines."""
    spread = ball.spread
    through = spread.factor[ball.drivers, :].T @ spread.loadings[:, ball.drivers].T
    residual = np.zeros((spread.underlying_count, lines.count))
    residual[spread.underlying, np.arange(lines.count)] = spread.residual
    residual[spread.correlated] = spread.correlation_factor.T @ residual[spread.correlated]
    components = np.vstack([through, residual])
    free = columns.free[columns.free < lines.count]
    of_free = components[:, free]
    constant = components @ columns.fixed[: lines.count]
    constant[: through.shape[0]] -= spread.factor[ball.drivers, :].T @ ball.reference[ball.drivers]
    squares = of_free.T @ of_free
    size = float(squares.diagonal().max(initial=0.0)) or 1.0
    matrix = np.zeros((columns.main_count, columns.main_count))
    matrix[: len(free), : len(free)] = squares / size
    return Charge(sp.csc_array(matrix), size=size, linear=2.0 * (of_free.T @ constant))


def cone_of(columns: Columns, ball: Ball) -> Cone:
    """A ball over its block's components and scale, but for its radius."""
    index = columns.block_of[ball.name]
    block = columns.blocks[index]
    offset = block.factor @ ball.reference[block.drivers]
    scale = ball.multiple * block.scale
    if ball.radius is None:
        return Cone(index, offset, scale, columns.norm_place.get(ball.name))
    if ball.softness is None:
        return Cone(index, offset, scale)
    slack = int(columns.slack_place[ball.name, Side.UPPER][0])
    return Cone(index, offset, scale, slack, 1.0 / (ball.softness.weight * scale))
