"""What an objective charges: costs by column, and variance by components or on the lines."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from counterpoise.model import FloatArray, Side
from optimizer.program.blocks import charged_directly
from optimizer.program.columns import TRADE, Columns
from optimizer.program.gather import Parts
from optimizer.program.lines import Lines
from optimizer.program.numbers import Cone
from optimizer.program.rows import Ball
from optimizer.program.terms.objective import Goal

_LEAST_SCALE = 1e-9
"""An objective's scale is what positions earn, and at least this part of what their variance could cost."""


@dataclass(frozen=True, eq=False)
class Quadratic:
    """weight (m'Mm + |q|^2) + slope'q, over the objective's scale."""

    matrix: sp.csc_array
    block: int | None = None
    weight: float = 0.0
    slope: FloatArray = field(default_factory=lambda: np.zeros(0))


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


def lay_costs(lines: Lines, columns: Columns, parts: Parts) -> tuple[FloatArray, float, Quadratic]:
    """Costs by main column, their scale, and the charge for variance."""
    goal = parts.goal
    cost = goal_costs(lines, columns, goal).cost
    _charge_violations(lines, columns, cost)
    none = Quadratic(sp.csc_array((columns.main_count, columns.main_count)))
    if goal.variance is None:
        scale = float(np.abs(cost).max(initial=0.0)) or 1.0
        return cost / scale, scale, none
    if charged_directly(parts):
        return _direct_charge(lines, columns, goal.variance, goal.half_aversion, cost)
    index = columns.block_of[goal.variance.name]
    block = columns.blocks[index]
    charge = goal.half_aversion * block.scale**2
    scale = max(float(np.abs(cost).max(initial=0.0)), _LEAST_SCALE * charge) or 1.0
    own = columns.place[block.own]
    shape = (columns.main_count, columns.main_count)
    matrix = sp.csc_array((block.own_factor**2, (own, own)), shape=shape)
    slope = -2.0 * charge / scale * cone_of(columns, goal.variance).offset
    return cost / scale, scale, Quadratic(matrix, index, charge / scale, slope)


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


def _direct_charge(
    lines: Lines, columns: Columns, ball: Ball, half_aversion: float, cost: FloatArray
) -> tuple[FloatArray, float, Quadratic]:
    """half_aversion |C v - g|^2 with every component C of a volatility written on the lines."""
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
    cost[: len(free)] += 2.0 * half_aversion * (of_free.T @ constant)
    scale = max(float(np.abs(cost).max(initial=0.0)), _LEAST_SCALE * half_aversion * size) or 1.0
    matrix = np.zeros((columns.main_count, columns.main_count))
    matrix[: len(free), : len(free)] = squares / size
    return cost / scale, scale, Quadratic(sp.csc_array(matrix), weight=half_aversion * size / scale)


def cone_of(columns: Columns, ball: Ball) -> Cone:
    """A ball over its block's components and scale."""
    index = columns.block_of[ball.name]
    block = columns.blocks[index]
    offset = block.factor @ ball.reference[block.drivers]
    if ball.radius is None:
        return Cone(index, offset, None, columns.norm_place.get(ball.name))
    scale = ball.multiple * block.scale
    radius = ball.radius / scale
    if ball.softness is None:
        return Cone(index, offset, radius)
    slack = int(columns.slack_place[ball.name, Side.UPPER][0])
    return Cone(index, offset, radius, slack, 1.0 / (ball.softness.weight * scale))
