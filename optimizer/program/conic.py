"""The conic form of a problem: rows over columns, scaled, each with the limit that it speaks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import BoolArray, FloatArray, IndexArray, Side
from optimizer.program.blocks import cone_balls
from optimizer.program.columns import Columns, lay_columns, spread
from optimizer.program.costs import cone_of, lay_costs
from optimizer.program.defining import define_columns
from optimizer.program.gather import gather
from optimizer.program.lines import Budget, Inputs, Lines, read_lines
from optimizer.program.numbers import Components, ConicNumbers
from optimizer.program.pieces import PieceSlot, define_piece
from optimizer.program.rows import Ball, Entries, Rows, together
from optimizer.program.stack import Stack

_SATISFIED = 5e-8
"""A row without free columns is left out when it holds to this, NAV fraction: half of what the
certificate allows."""


_NOISE = 1e-13
"""A row without larger entries has none: nothing that its columns do reaches the tolerance."""


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


@dataclass(frozen=True, eq=False)
class ConicForm:
    """The numbers of a problem, and what their rows and columns stand for.

    Costs are divided by `objective_scale`, so that the engine sees them of order one.
    """

    lines: Lines
    columns: Columns
    objective_scale: float
    slots: tuple[Slot, ...]
    pieces: tuple[PieceSlot, ...]
    balls: tuple[Ball, ...]
    """Behind each cone."""
    numbers: ConicNumbers


def conic_form(inputs: Inputs) -> ConicForm:
    """Reads a problem and lays out its conic form."""
    lines = read_lines(inputs)
    parts = gather(lines)
    columns = lay_columns(lines, parts)
    equal, at_most = Stack(), Stack()
    slots = [slot for rows in parts.rows for slot in _bounded(columns, lines, rows, equal, at_most)]
    pieces = [
        define_piece(lines, columns, piece, columns.piece_start[piece.name], at_most)
        for piece in parts.pieces
    ]
    define_columns(lines, columns, parts, equal, at_most)
    balls = cone_balls(parts)
    cost, scale, quadratic = lay_costs(lines, columns, parts)
    budget = parts.goal.budget
    return ConicForm(
        lines=lines,
        columns=columns,
        objective_scale=scale,
        slots=tuple(slots),
        pieces=tuple(pieces),
        balls=tuple(balls),
        numbers=ConicNumbers(
            blocks=tuple(
                Components(
                    size=block.size,
                    rank=block.factor.shape[0],
                    own=columns.place[block.own],
                    own_factor=block.own_factor,
                    residual_norm=columns.residual_norm.get(index),
                )
                for index, block in enumerate(columns.blocks)
            ),
            cost=cost,
            quadratic_matrix=quadratic.matrix,
            quadratic_block=quadratic.block,
            quadratic_weight=quadratic.weight,
            quadratic_slope=quadratic.slope,
            equal=equal.entries(),
            target=equal.bounds(),
            at_most=at_most.entries(),
            limit=at_most.bounds(),
            cones=tuple(cone_of(columns, ball) for ball in balls),
            traded=columns.traded_place[columns.impact_place >= 0],
            impact=columns.impact_place[columns.impact_place >= 0],
            budgeted=columns.place[budget.lines] if budget else np.zeros(0, dtype=np.intp),
            budget_inverse=_budget_inverse(lines, budget),
            logarithm=columns.logarithm_start + np.arange(len(budget.lines) if budget else 0),
        ),
    )


def _bounded(columns: Columns, lines: Lines, rows: Rows, equal: Stack, at_most: Stack) -> list[Slot]:
    """Adds a family's rows for each side that is bounded."""
    entries, constant = spread(columns, lines, rows)
    size = entries.largest()
    size = np.where(size > _NOISE, size, 0.0)
    scale = np.where(size > 0.0, size, 1.0)
    count = len(constant)
    target = rows.lower is not None and rows.lower == rows.upper and rows.softness is None
    if target and rows.lower is not None and not rows.concave:
        keep = (size > 0.0) | (np.abs(constant - rows.lower) > _SATISFIED)
        at = equal.add(_kept(entries, 1.0 / scale, keep), ((rows.lower - constant) / scale)[keep])
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
        beyond = _kept(entries, sign / scale, keep)
        if rows.softness is not None:
            beyond = together([beyond, _relief(columns, rows, side, scale, keep)])
        at = at_most.add(beyond, (room / scale)[keep])
        slots.append(Slot(rows.name, side, np.flatnonzero(keep), at, scale[keep], count))
    return slots


def _budget_inverse(lines: Lines, budget: Budget | None) -> FloatArray:
    """Logarithms are of positions over where they can be expected: a constant apart, all the same."""
    if budget is None:
        return np.zeros(0)
    lower, upper = lines.inputs.lower[budget.lines], lines.inputs.upper[budget.lines]
    return 1.0 / np.clip(budget.positions, lower, upper)


def _kept(entries: Entries, factor: FloatArray, keep: BoolArray) -> Entries:
    """Some of the rows, each times its factor."""
    renumbered = np.cumsum(keep) - 1
    stays = keep[entries.row]
    row = entries.row[stays]
    return Entries(
        int(keep.sum()), renumbered[row], entries.column[stays], entries.value[stays] * factor[row]
    )


def _relief(columns: Columns, rows: Rows, side: Side, scale: FloatArray, keep: BoolArray) -> Entries:
    """What the weighted violations of a soft side take away from its rows."""
    place = columns.slack_place[rows.name, side][keep]
    row = np.flatnonzero(place >= 0)
    weight = 1.0 if rows.softness is None else rows.softness.weight
    return Entries(len(place), row, place[row], -1.0 / (weight * scale[keep][row]))
