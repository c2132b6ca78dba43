"""The columns of the program: what is free, where |h| needs a column of its own, blocks of risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from counterpoise.model import FloatArray, IndexArray

from optimizer.program.gather import Parts
from optimizer.program.lines import Lines
from optimizer.program.rows import Ball, Rows


@dataclass(frozen=True, eq=False)
class Block:
    """One set of risk components q = (L'x, z) / scale, shared by every ball over the same scope."""

    lines: IndexArray
    drivers: IndexArray
    with_residual: bool
    scale: float
    exposure: sp.csr_array
    """x of the scope's drivers from all variables."""
    factor: sp.csr_array
    """L'/scale of the scope's drivers, components by drivers."""
    residual: sp.csr_array
    """z/scale of the underlyings that have a residual, from all variables."""
    residual_at: IndexArray
    """Numbers of those underlyings."""

    @property
    def size(self) -> int:
        """Number of components."""
        return int(self.factor.shape[0] + self.residual.shape[0])


@dataclass(frozen=True, eq=False)
class Columns:
    """Main columns, then the components of each block.

    Main are the free variables, |h| of lines that may change sign, |pairs|, exposures x, and the
    objective's volatility where it is one.
    """

    free: IndexArray
    fixed: FloatArray
    """Values of the variables that are not free, zero elsewhere."""
    signed: IndexArray
    """Free lines of either sign whose absolute value counts somewhere."""
    rising: FloatArray
    """Slope of |h| for free lines of one sign: 1, -1; 0 for others."""
    pairs_start: dict[str, int]
    exposure_start: list[int]
    volatility: int | None
    main_count: int
    blocks: tuple[Block, ...]
    block_of: dict[str, int]
    """Block by name of ball."""
    block_start: list[int]
    count: int


def lay_columns(lines: Lines, parts: Parts) -> Columns:
    """Decides the columns of a problem."""
    lower, upper = lines.attempt.lower, lines.attempt.upper
    free = np.flatnonzero(lower < upper)
    rising = np.where(lower >= 0.0, 1.0, np.where(upper <= 0.0, -1.0, 0.0))[: lines.count]
    counted = parts.goal.absolute > 0.0
    for rows in parts.rows:
        if rows.absolute is not None:
            counted = counted | (np.asarray(rows.absolute.sum(axis=0)).ravel() > 0.0)
    signed = np.flatnonzero(counted & (rising == 0.0) & (lower < upper)[: lines.count])
    at = len(free) + len(signed)
    pairs_start = {}
    for rows in parts.rows:
        if rows.pairs is not None:
            pairs_start[rows.name] = at
            at += rows.pairs.shape[0]
    blocks, block_of = _blocks(lines, parts)
    exposure_start = []
    for block in blocks:
        exposure_start.append(at)
        at += len(block.drivers)
    volatility = None
    if parts.goal.ball is not None and parts.goal.half_aversion is None:
        volatility, at = at, at + 1
    main_count = max(at, 1)
    block_start, end = [], main_count
    for block in blocks:
        block_start.append(end)
        end += block.size
    return Columns(
        free=free,
        fixed=np.where(lower < upper, 0.0, lower),
        signed=signed,
        rising=rising,
        pairs_start=pairs_start,
        exposure_start=exposure_start,
        volatility=volatility,
        main_count=main_count,
        blocks=blocks,
        block_of=block_of,
        block_start=block_start,
        count=end,
    )


def _blocks(lines: Lines, parts: Parts) -> tuple[tuple[Block, ...], dict[str, int]]:
    balls: Sequence[Ball] = [*parts.balls] if parts.goal.ball is None else [parts.goal.ball, *parts.balls]
    blocks: list[Block] = []
    seen: dict[tuple[bytes, bytes, bool], int] = {}
    block_of = {}
    for ball in balls:
        scope = (ball.lines.tobytes(), ball.drivers.tobytes(), ball.with_residual)
        if scope not in seen:
            seen[scope] = len(blocks)
            blocks.append(_block(lines, ball))
        block_of[ball.name] = seen[scope]
    return tuple(blocks), block_of


def _block(lines: Lines, ball: Ball) -> Block:
    exposure = sp.csr_array(lines.exposure_of(ball.lines)[ball.drivers, :])
    factor = lines.factor[ball.drivers, :].T
    residual = lines.residual[ball.lines] * float(ball.with_residual)
    holders = ball.lines[residual > 0.0]
    groups, row = np.unique(lines.underlying[holders], return_inverse=True)
    own = sp.csr_array(
        (residual[residual > 0.0], (row, holders)), shape=(len(groups), lines.width), dtype=float
    )
    factored = sp.csr_array(factor) @ exposure
    variance = (
        np.asarray(factored.power(2).sum(axis=0)).ravel() + np.asarray(own.power(2).sum(axis=0)).ravel()
    )
    scale = float(np.sqrt(variance.max(initial=0.0))) or 1.0
    return Block(
        lines=ball.lines,
        drivers=ball.drivers,
        with_residual=ball.with_residual,
        scale=scale,
        exposure=exposure,
        factor=sp.csr_array(factor / scale),
        residual=sp.csr_array(own / scale),
        residual_at=groups,
    )


def spread(columns: Columns, lines: Lines, rows: Rows) -> tuple[sp.csr_array, FloatArray]:
    """A family's rows over the columns, and the constants that fixed variables leave in them."""
    width = len(columns.free)
    matrix = rows.linear
    constant = rows.offset + rows.linear @ columns.fixed
    signed = sp.csr_array((rows.linear.shape[0], len(columns.signed)))
    if rows.absolute is not None:
        one_sign = sp.csr_array(rows.absolute.multiply(columns.rising[None, :]))
        pad = sp.csr_array((rows.absolute.shape[0], lines.width - lines.count))
        matrix = matrix + sp.hstack([one_sign, pad], format="csr")
        constant = rows.offset + rows.linear @ columns.fixed
        constant = constant + rows.absolute @ np.abs(columns.fixed[: lines.count])
        signed = sp.csr_array(rows.absolute[:, columns.signed])
    rest = columns.count - width - len(columns.signed)
    tail = sp.lil_array((matrix.shape[0], rest))
    if rows.pairs is not None:
        start = columns.pairs_start[rows.name] - width - len(columns.signed)
        tail[0, start : start + rows.pairs.shape[0]] = 1.0
    return sp.csr_array(sp.hstack([matrix[:, columns.free], signed, tail])), constant
