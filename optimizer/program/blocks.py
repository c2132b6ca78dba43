"""The blocks of risk: components that every ball over the same scope shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, IndexArray
from optimizer.program.lines import Lines
from optimizer.program.parts import Parts
from optimizer.program.rows import Ball, Entries, Spread


@dataclass(frozen=True, eq=False)
class Block:
    """The components (L'x, z) / scale of a volatility, shared by every ball over the same scope.

    L'x has columns, and so have residuals that several lines share or that a fixed line has. A
    residual that one free line has to itself is that line's column times a number.
    """

    lines: IndexArray
    drivers: IndexArray
    space: str
    loadings: FloatArray
    scale: float
    factor: FloatArray
    """L'/scale of the scope's drivers, components by drivers."""
    shared: Entries
    """z/scale of residuals with columns, from all variables."""
    shared_at: IndexArray
    """Underlyings of those."""
    own: IndexArray
    """Lines that have their residual to themselves."""
    own_factor: FloatArray
    own_at: IndexArray
    """Underlyings of those."""

    @property
    def scope(self) -> tuple[str, bytes]:
        """What exposures x it is of."""
        return self.space, self.lines.tobytes()

    @property
    def residual_count(self) -> int:
        """Number of residuals."""
        return self.shared.count + len(self.own)

    @property
    def size(self) -> int:
        """Number of columns."""
        return int(self.factor.shape[0] + self.shared.count)


def topped_balls(parts: Parts) -> list[Ball]:
    """The norms below a column of their own: goals charge them, or rows hold them as pieces."""
    return [*(ball for goal in parts.goals for ball in goal.balls), *parts.piece_balls]


def cone_balls(parts: Parts) -> list[Ball]:
    """The balls that are cones: all but a variance that the objective charges."""
    return [*topped_balls(parts), *parts.balls]


def charged_directly(parts: Parts) -> bool:
    """Whether the variance is charged on the lines themselves.

    Where no cone asks for its components, and with no more lines than drivers, columns for them
    would only double a dense problem.
    """
    ball = parts.goal.variance
    return ball is not None and not cone_balls(parts) and len(ball.lines) <= len(ball.drivers)


def lay_blocks(lines: Lines, parts: Parts, place: IndexArray) -> tuple[tuple[Block, ...], dict[str, int]]:
    """One block for each scope that balls are over, and the block of each ball by its name."""
    balls: Sequence[Ball] = cone_balls(parts)
    if parts.goal.variance is not None and not charged_directly(parts):
        balls = [parts.goal.variance, *balls]
    blocks: list[Block] = []
    seen: dict[tuple[str, bytes, bytes, bool], int] = {}
    block_of = {}
    for ball in balls:
        scope = (ball.spread.name, ball.lines.tobytes(), ball.drivers.tobytes(), ball.with_residual)
        if scope not in seen:
            seen[scope] = len(blocks)
            blocks.append(_block(lines, ball, place))
        block_of[ball.name] = seen[scope]
    return tuple(blocks), block_of


def _block(lines: Lines, ball: Ball, place: IndexArray) -> Block:
    spread = ball.spread
    factor = spread.factor[ball.drivers, :].T
    residual = spread.residual[ball.lines] * float(ball.with_residual)
    factored = spread.loadings[np.ix_(ball.lines, ball.drivers)] @ factor.T
    variance = (factored**2).sum(axis=1) + residual**2
    scale = float(np.sqrt(variance.max(initial=0.0))) or 1.0
    holders = ball.lines[residual > 0.0]
    sizes = residual[residual > 0.0] / scale
    underlying = spread.underlying[holders]
    correlated = np.isin(underlying, spread.correlated)
    alone = (np.bincount(underlying, minlength=lines.count)[underlying] == 1) & (place[holders] >= 0)
    alone &= ~correlated
    shared = ~alone & ~correlated
    shared_at, row = np.unique(underlying[shared], return_inverse=True)
    together = Entries(len(shared_at), row.astype(np.intp), holders[shared], sizes[shared])
    if correlated.any():
        together = _stacked(together, _correlated(spread, holders[correlated], sizes[correlated]))
        shared_at = np.concatenate([shared_at, spread.correlated])
    return Block(
        lines=ball.lines,
        drivers=ball.drivers,
        space=spread.space,
        loadings=spread.loadings,
        scale=scale,
        factor=factor / scale,
        shared=together,
        shared_at=shared_at,
        own=holders[alone],
        own_factor=sizes[alone],
        own_at=underlying[alone],
    )


def _correlated(spread: Spread, holders: IndexArray, sizes: FloatArray) -> Entries:
    """C'z over the lines behind z."""
    number = {int(underlying): index for index, underlying in enumerate(spread.correlated)}
    member = np.array([number[int(underlying)] for underlying in spread.underlying[holders]], dtype=np.intp)
    block = spread.correlation_factor[member] * sizes[:, None]
    line, component = np.nonzero(block)
    return Entries(len(spread.correlated), component, holders[line], block[line, component])


def _stacked(first: Entries, second: Entries) -> Entries:
    """One set of rows below the other."""
    return Entries(
        first.count + second.count,
        np.concatenate([first.row, first.count + second.row]),
        np.concatenate([first.column, second.column]),
        np.concatenate([first.value, second.value]),
    )
