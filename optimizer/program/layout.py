"""Where everything of a conic form stands, remembered for problems that differ in numbers only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray
from optimizer.program.blocks import cone_balls
from optimizer.program.bounded import Edges, Slot, edges_of, is_target, lay_limits
from optimizer.program.columns import Columns, lay_columns
from optimizer.program.costs import Charge, charge_of, cone_of
from optimizer.program.defining import BoxRows, define_columns
from optimizer.program.kept import Kept
from optimizer.program.lines import Budget, Lines
from optimizer.program.numbers import Components, ConicShape
from optimizer.program.parts import Parts
from optimizer.program.pieces import PieceSlot, define_piece
from optimizer.program.rows import Ball
from optimizer.program.stack import Stack

_LAYOUTS = 2
"""Layouts that are kept of the same lines."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Columns, rows and cones of a form, and where its numbers go."""

    shape: ConicShape
    columns: Columns
    slots: tuple[Slot, ...]
    pieces: tuple[PieceSlot, ...]
    balls: tuple[Ball, ...]
    """Behind each cone."""
    charge: Charge
    target: FloatArray
    """Right-hand sides, but for limits."""
    limit: FloatArray
    """Right-hand sides, but for limits and boxes."""
    target_edges: Edges
    limit_edges: Edges
    boxes: BoxRows

    def fits(self, parts: Parts) -> bool:
        """Whether other bounds leave out the same rows."""
        targets, others = edges_of(parts)
        return self.target_edges.hold(targets) and self.limit_edges.hold(others)


def layout_of(lines: Lines, parts: Parts) -> Layout:
    """The layout of a problem: a remembered one where only numbers differ.

    Stages of soft limits and choices among equal optima have numbers in their rows and are laid out
    each time.
    """
    if lines.inputs.stage is not None or lines.inputs.for_return:
        return _lay(lines, parts)
    layouts = lines.kept.get("layouts", lambda: Kept(_LAYOUTS))
    objects = (*parts.bare, *parts.goal.balls, parts.goal.variance)
    key = (tuple(map(id, objects)), b"".join(_pattern(lines, parts)))
    # The objects are kept with the layout, so that no other object can get their identity.
    _, layout = layouts.get(key, lambda: (objects, _lay(lines, parts)))
    return layout if layout.fits(parts) else _lay(lines, parts)


def _pattern(lines: Lines, parts: Parts) -> Iterator[bytes]:
    """Everything about the numbers that decides columns, rows and cones."""
    lower, upper, current = lines.inputs.lower, lines.inputs.upper, lines.current
    free = lower < upper
    yield np.concatenate([free, lower >= 0.0, upper <= 0.0, np.isfinite(lower), np.isfinite(upper)]).tobytes()
    yield np.concatenate([lower[: lines.count] >= current, upper[: lines.count] <= current]).tobytes()
    yield lower[~free].tobytes()
    charges = parts.goal.charges
    yield np.concatenate([charges.absolute > 0.0, charges.traded > 0.0, charges.impact > 0.0]).tobytes()
    yield bytes(_sides(parts))
    budget = parts.goal.budget
    if budget is not None:
        yield b"".join(part.tobytes() for part in (budget.lines, budget.positions))
        yield _budget_inverse(lines, budget).tobytes()


def _sides(parts: Parts) -> Iterator[int]:
    """Which sides of every limit are bounded, and whether they are one."""
    for rows in parts.rows:
        yield 4 if is_target(rows) else (rows.lower is not None) + 2 * (rows.upper is not None)
    for ball in parts.balls:
        yield ball.radius is not None


def _lay(lines: Lines, parts: Parts) -> Layout:
    columns = lay_columns(lines, parts)
    equal, at_most = Stack(), Stack()
    slots, target_edges, limit_edges = lay_limits(lines, columns, parts.rows, equal, at_most)
    pieces = tuple(
        define_piece(lines, columns, piece, columns.piece_start[piece.name], at_most)
        for piece in parts.pieces
    )
    boxes = define_columns(lines, columns, parts, equal, at_most)
    balls = tuple(cone_balls(parts))
    charge = charge_of(lines, columns, parts)
    budget = parts.goal.budget
    has_impact = columns.impact_place >= 0
    shape = ConicShape(
        main_count=columns.main_count,
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
        equal=equal.entries(),
        at_most=at_most.entries(),
        cones=tuple(cone_of(columns, ball) for ball in balls),
        quadratic_matrix=charge.matrix,
        quadratic_block=charge.block,
        traded=columns.traded_place[has_impact],
        impact=columns.impact_place[has_impact],
        budgeted=columns.place[budget.lines] if budget else np.zeros(0, dtype=np.intp),
        budget_inverse=_budget_inverse(lines, budget) if budget else np.zeros(0),
        logarithm=columns.logarithm_start + np.arange(len(budget.lines) if budget else 0),
    )
    return Layout(
        shape=shape,
        columns=columns,
        slots=slots,
        pieces=pieces,
        balls=balls,
        charge=charge,
        target=equal.bounds(),
        limit=at_most.bounds(),
        target_edges=target_edges,
        limit_edges=limit_edges,
        boxes=boxes,
    )


def _budget_inverse(lines: Lines, budget: Budget) -> FloatArray:
    """Logarithms are of positions over where they can be expected: a constant apart, all the same."""
    lower, upper = lines.inputs.lower[budget.lines], lines.inputs.upper[budget.lines]
    return np.asarray(1.0 / np.clip(budget.positions, lower, upper))
