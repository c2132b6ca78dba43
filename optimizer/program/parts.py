"""What a problem is made of, before it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from optimizer.program.rows import Ball, Piece, Rows
from optimizer.program.terms.objective import Goal


@dataclass(frozen=True, eq=False)
class Parts:
    """What a problem is made of."""

    goal: Goal
    rows: tuple[Rows, ...]
    balls: tuple[Ball, ...]
    """Limits on risk."""
    bare: tuple[Rows | Ball, ...]
    """Rules and limits without their bounds: the same objects for the same lines and measures."""
    held_goal: Goal | None = None
    """Held below a value while `goal` is minimised: the choice among equal optima."""

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces in rows, each once, but for balls."""
        items = (item.piece for rows in self.rows for item in rows.pieces)
        return tuple({piece.name: piece for piece in items if not isinstance(piece, Ball)}.values())

    @cached_property
    def piece_balls(self) -> tuple[Ball, ...]:
        """Balls that stand in rows by their norm, each once."""
        items = (item.piece for rows in self.rows for item in rows.pieces)
        return tuple({piece.name: piece for piece in items if isinstance(piece, Ball)}.values())

    @property
    def goals(self) -> tuple[Goal, ...]:
        """Whatever needs columns for its charges."""
        return (self.goal,) if self.held_goal is None else (self.goal, self.held_goal)
