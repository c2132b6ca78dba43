"""What an objective charges: costs by column, and variance by components or on the lines."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from counterpoise.model import FloatArray
from optimizer.program.columns import Columns, charged_directly
from optimizer.program.gather import Parts
from optimizer.program.lines import Lines
from optimizer.program.numbers import Cone
from optimizer.program.rows import Ball


@dataclass(frozen=True, eq=False)
class Quadratic:
    """weight (m'Mm + |q|^2) + slope'q, over the objective's scale."""

    matrix: sp.csc_array
    block: int | None = None
    weight: float = 0.0
    slope: FloatArray = field(default_factory=lambda: np.zeros(0))


def lay_costs(lines: Lines, columns: Columns, parts: Parts) -> tuple[FloatArray, float, Quadratic]:
    """Costs by main column, their scale, and the charge for variance."""
    goal = parts.goal
    cost = np.zeros(columns.main_count)
    by_line = goal.linear + goal.absolute * columns.rising
    every = np.concatenate([by_line, np.zeros(len(lines.postings))])
    cost[: len(columns.free)] = every[columns.free]
    cost[columns.absolute_place[columns.signed]] = goal.absolute[columns.signed]
    shape = (columns.main_count, columns.main_count)
    none = Quadratic(sp.csc_array(shape))
    if goal.ball is None:
        scale = float(np.abs(cost).max(initial=0.0)) or 1.0
        return cost / scale, scale, none
    if goal.half_aversion is None:
        cost[columns.volatility] = 1.0
        return cost, columns.blocks[columns.block_of[goal.ball.name]].scale, none
    if charged_directly(parts):
        return _direct_charge(lines, columns, goal.ball, goal.half_aversion, cost)
    index = columns.block_of[goal.ball.name]
    block = columns.blocks[index]
    charge = goal.half_aversion * block.scale**2
    scale = max(float(np.abs(cost).max(initial=0.0)), charge) or 1.0
    own = columns.place[block.own]
    matrix = sp.csc_array((block.own_factor**2, (own, own)), shape=shape)
    slope = -2.0 * charge / scale * cone_of(columns, goal.ball).offset
    return cost / scale, scale, Quadratic(matrix, index, charge / scale, slope)


def _direct_charge(
    lines: Lines, columns: Columns, ball: Ball, half_aversion: float, cost: FloatArray
) -> tuple[FloatArray, float, Quadratic]:
    """half_aversion |C v - g|^2 with every component C of a volatility written on the lines."""
    through = lines.factor[ball.drivers, :].T @ lines.loadings[:, ball.drivers].T
    residual = np.zeros((int(lines.underlying.max()) + 1, lines.count))
    residual[lines.underlying, np.arange(lines.count)] = lines.residual
    components = np.vstack([through, residual])
    free = columns.free[columns.free < lines.count]
    of_free = components[:, free]
    constant = components @ columns.fixed[: lines.count]
    constant[: through.shape[0]] -= lines.factor[ball.drivers, :].T @ ball.reference[ball.drivers]
    squares = of_free.T @ of_free
    size = float(squares.diagonal().max(initial=0.0)) or 1.0
    cost[: len(free)] += 2.0 * half_aversion * (of_free.T @ constant)
    scale = max(float(np.abs(cost).max(initial=0.0)), half_aversion * size) or 1.0
    matrix = np.zeros((columns.main_count, columns.main_count))
    matrix[: len(free), : len(free)] = squares / size
    return cost / scale, scale, Quadratic(sp.csc_array(matrix), weight=half_aversion * size / scale)


def cone_of(columns: Columns, ball: Ball) -> Cone:
    """A ball over its block's components and scale."""
    index = columns.block_of[ball.name]
    block = columns.blocks[index]
    offset = block.factor @ ball.reference[block.drivers]
    return Cone(index, offset, None if ball.radius is None else ball.radius / block.scale)
