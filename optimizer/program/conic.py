"""The conic form of a problem: rows over columns, scaled, each with the limit that it speaks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from counterpoise.model import FloatArray, IndexArray, Side

from optimizer.program.attempt import Attempt
from optimizer.program.columns import Columns, lay_columns, spread
from optimizer.program.gather import Parts, gather
from optimizer.program.lines import Lines, read_lines
from optimizer.program.rows import Rows

_SATISFIED = 1e-9
"""A row without free columns is left out when it holds to this, NAV fraction."""


@dataclass(frozen=True, eq=False)
class Slot:
    """Where the members of one side of a limit stand.

    Rows of the inequalities, or of the equalities for a target (side None); a multiplier of a row
    over `scale` is the member's.
    """

    name: str
    side: Side | None
    members: IndexArray
    rows: IndexArray
    scale: FloatArray
    member_count: int
    pairs: IndexArray | None = None
    """Rows of |pairs| from above; those from below follow."""
    pairs_scale: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Cone:
    """|q - offset| <= radius for the components q of a block, all over the block's scale."""

    name: str
    block: int
    offset: FloatArray
    radius: float | None
    """None bounds by the objective's volatility column."""


@dataclass(frozen=True, eq=False)
class ConicForm:
    """Minimise cost'w + weight |q|^2 + slope'q subject to equal w = target, at_most w <= limit, cones.

    Divided by `objective_scale`, so that the solver sees costs of order one.
    """

    lines: Lines
    columns: Columns
    cost: FloatArray
    objective_scale: float
    quadratic_block: int | None
    quadratic_weight: float
    quadratic_slope: FloatArray
    equal: sp.csr_array
    target: FloatArray
    at_most: sp.csr_array
    limit: FloatArray
    slots: tuple[Slot, ...]
    cones: tuple[Cone, ...]


class _Stack:
    """Rows gathered one family after the other."""

    def __init__(self) -> None:
        self.matrices: list[sp.csr_array] = []
        self.bounds: list[FloatArray] = []
        self.count = 0

    def add(self, matrix: sp.csr_array, bound: FloatArray) -> IndexArray:
        start = self.count
        self.matrices.append(matrix)
        self.bounds.append(bound)
        self.count += matrix.shape[0]
        return np.arange(start, self.count)


def conic_form(attempt: Attempt) -> ConicForm:
    """Reads a problem and lays out its conic form."""
    lines = read_lines(attempt)
    parts = gather(lines)
    columns = lay_columns(lines, parts)
    equal, at_most = _Stack(), _Stack()
    slots = [slot for rows in parts.rows for slot in _bounded(columns, lines, rows, equal, at_most)]
    _absolute_columns(columns, at_most)
    _boxes(lines, columns, at_most)
    _components(columns, equal)
    cones = [
        Cone(
            ball.name,
            columns.block_of[ball.name],
            *_ball_numbers(columns, ball.name, ball.reference, ball.radius),
        )
        for ball in ([parts.goal.ball] if columns.volatility is not None and parts.goal.ball else [])
        + [*parts.balls]
    ]
    cost, scale, block, weight, slope = _costs(lines, columns, parts)
    return ConicForm(
        lines=lines,
        columns=columns,
        cost=cost,
        objective_scale=scale,
        quadratic_block=block,
        quadratic_weight=weight,
        quadratic_slope=slope,
        equal=_tall(equal.matrices, columns.count),
        target=np.concatenate(equal.bounds),
        at_most=_tall(at_most.matrices, columns.count),
        limit=np.concatenate(at_most.bounds),
        slots=tuple(slots),
        cones=tuple(cones),
    )


def _tall(matrices: list[sp.csr_array], width: int) -> sp.csr_array:
    stacked = sp.csr_array(sp.vstack(matrices)) if matrices else sp.csr_array((0, width))
    stacked.eliminate_zeros()
    stacked.sort_indices()
    return stacked


def _bounded(columns: Columns, lines: Lines, rows: Rows, equal: _Stack, at_most: _Stack) -> list[Slot]:
    """Adds a family's rows for each side that is bounded."""
    matrix, constant = spread(columns, lines, rows)
    matrix.eliminate_zeros()
    size = np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 0.0)
    scale = np.where(size > 0.0, size, 1.0)
    count = len(constant)
    pairs, pairs_scale = _pair_rows(columns, rows, at_most)
    if rows.lower is not None and rows.lower == rows.upper and not rows.concave:
        keep = (size > 0.0) | (np.abs(constant - rows.lower) > _SATISFIED)
        at = equal.add(_scaled(matrix, scale, keep), ((rows.lower - constant) / scale)[keep])
        return [Slot(rows.name, None, np.flatnonzero(keep), at, scale[keep], count)]
    slots = []
    for side, bound in ((Side.LOWER, rows.lower), (Side.UPPER, rows.upper)):
        if bound is None:
            continue
        # A concave measure is the negative of its rows: its lower bound holds them from above.
        sign = -1.0 if side is Side.LOWER and not rows.concave else 1.0
        edge = -bound if rows.concave else sign * bound
        room = edge - sign * constant
        keep = (size > 0.0) | (room < -_SATISFIED)
        at = at_most.add(_scaled(sign * matrix, scale, keep), (room / scale)[keep])
        slots.append(Slot(rows.name, side, np.flatnonzero(keep), at, scale[keep], count, pairs, pairs_scale))
    return slots


def _scaled(matrix: sp.csr_array, scale: FloatArray, keep: np.ndarray) -> sp.csr_array:
    return sp.csr_array(sp.diags_array(1.0 / scale[keep]) @ matrix[keep, :])


def _pair_rows(columns: Columns, rows: Rows, at_most: _Stack) -> tuple[IndexArray | None, FloatArray | None]:
    """Pairs v - p <= e and p - pairs v <= e for the columns e of |pairs v - p|."""
    if rows.pairs is None or rows.pairs_offset is None:
        return None, None
    count = rows.pairs.shape[0]
    size = abs(rows.pairs[:, columns.free]).max(axis=1).toarray().ravel()
    scale = np.maximum(size, 1.0)
    start = columns.pairs_start[rows.name]
    epigraph = sp.csr_array(
        (np.ones(count), (np.arange(count), start + np.arange(count))), shape=(count, columns.count)
    )
    pad = sp.csr_array((count, columns.count - len(columns.free)))
    own = sp.csr_array(sp.hstack([rows.pairs[:, columns.free], pad]))
    offset = rows.pairs_offset - rows.pairs @ columns.fixed
    every = np.ones(count, dtype=bool)
    above = at_most.add(_scaled(sp.csr_array(own - epigraph), scale, every), offset / scale)
    at_most.add(_scaled(sp.csr_array(-own - epigraph), scale, every), -offset / scale)
    return above, scale


def _absolute_columns(columns: Columns, at_most: _Stack) -> None:
    """H <= t and -h <= t for the lines that may change sign."""
    count = len(columns.signed)
    place = np.searchsorted(columns.free, columns.signed)
    each, ones = np.arange(count), np.ones(count)
    own = sp.csr_array((ones, (each, place)), shape=(count, columns.count))
    top = sp.csr_array((ones, (each, len(columns.free) + each)), shape=(count, columns.count))
    at_most.add(sp.csr_array(own - top), np.zeros(count))
    at_most.add(sp.csr_array(-own - top), np.zeros(count))


def _boxes(lines: Lines, columns: Columns, at_most: _Stack) -> None:
    """Bounds of free variables; postings need no upper one, the tier's supply holds them."""
    free = columns.free
    each = sp.csr_array(sp.eye_array(len(free), columns.count))
    capped = free < lines.count
    at_most.add(sp.csr_array(each[capped, :]), lines.attempt.upper[free[capped]])
    at_most.add(-each, -lines.attempt.lower[free])


def _components(columns: Columns, equal: _Stack) -> None:
    """X = B'v and q = (L'x, z) / scale for each block."""
    for index, block in enumerate(columns.blocks):
        at, drivers = columns.exposure_start[index], len(block.drivers)
        rank, start = block.factor.shape[0], columns.block_start[index]
        x = sp.eye_array(drivers, columns.count, k=at)
        equal.add(_over(columns, x, block.exposure), block.exposure @ columns.fixed)
        y = sp.lil_array((rank, columns.count))
        y[:, at : at + drivers] = -block.factor.toarray()
        equal.add(sp.csr_array(y + sp.eye_array(rank, columns.count, k=start)), np.zeros(rank))
        z = sp.eye_array(block.residual.shape[0], columns.count, k=start + rank)
        equal.add(_over(columns, z, block.residual), block.residual @ columns.fixed)


def _over(columns: Columns, own: sp.sparray, of: sp.csr_array) -> sp.csr_array:
    pad = sp.csr_array((of.shape[0], columns.count - len(columns.free)))
    return sp.csr_array(own - sp.hstack([of[:, columns.free], pad]))


def _ball_numbers(
    columns: Columns, name: str, reference: FloatArray, radius: float | None
) -> tuple[FloatArray, float | None]:
    block = columns.blocks[columns.block_of[name]]
    offset = np.concatenate([block.factor @ reference[block.drivers], np.zeros(block.residual.shape[0])])
    return offset, None if radius is None else radius / block.scale


def _costs(
    lines: Lines, columns: Columns, parts: Parts
) -> tuple[FloatArray, float, int | None, float, FloatArray]:
    """Costs by column, their scale, and the quadratic's block, weight and slope."""
    goal = parts.goal
    cost = np.zeros(columns.main_count)
    by_line = goal.linear + goal.absolute * columns.rising
    every = np.concatenate([by_line, np.zeros(len(lines.postings))])
    cost[: len(columns.free)] = every[columns.free]
    signed = slice(len(columns.free), len(columns.free) + len(columns.signed))
    cost[signed] = goal.absolute[columns.signed]
    if goal.ball is None:
        scale = float(np.abs(cost).max(initial=0.0)) or 1.0
        return cost / scale, scale, None, 0.0, np.zeros(0)
    index = columns.block_of[goal.ball.name]
    block = columns.blocks[index]
    if goal.half_aversion is None or columns.volatility is not None:
        cost[columns.volatility or 0] = 1.0
        return cost, block.scale, None, 0.0, np.zeros(0)
    charge = goal.half_aversion * block.scale**2
    scale = max(float(np.abs(cost).max(initial=0.0)), charge) or 1.0
    offset, _ = _ball_numbers(columns, goal.ball.name, goal.ball.reference, None)
    return cost / scale, scale, index, charge / scale, -2.0 * charge / scale * offset
