"""What goes to a worker process: a conic form as bare numbers."""

from __future__ import annotations

from dataclasses import dataclass

import scipy.sparse as sp

from counterpoise.model import FloatArray, IndexArray
from optimizer.program.rows import Entries


@dataclass(frozen=True, eq=False)
class Components:
    """The components of a volatility: columns q of their own, and multiples of main columns.

    The first `rank` columns are factors, what follows are residuals.
    """

    size: int
    """Number of columns q."""
    rank: int
    own: IndexArray
    """Main columns of lines whose residual no other line shares."""
    own_factor: FloatArray
    residual_norm: int | None
    """Main column above the norm of all residuals, where several cones share it."""


@dataclass(frozen=True, eq=False)
class Cone:
    """|(q - offset, own_factor * m)| <= radius + slope * m_top for a block's components, over its scale.

    Where the block has a residual norm, that stands for all residuals.
    """

    block: int
    offset: FloatArray
    """By factor."""
    scale: float
    """Radii are over this."""
    top: int | None = None
    """Main column added to the radius."""
    slope: float = 1.0


@dataclass(frozen=True, eq=False)
class ConicShape:
    """What stays where bounds, radii and costs change: columns, rows and cones.

    The same object for the same shape, so that whoever works something out from it can remember it.
    """

    main_count: int
    blocks: tuple[Components, ...]
    equal: Entries
    at_most: Entries
    cones: tuple[Cone, ...]
    quadratic_matrix: sp.csc_array
    """M, over main columns."""
    quadratic_block: int | None
    """Block whose q are charged."""
    traded: IndexArray
    """Main columns of trades whose impact counts."""
    impact: IndexArray
    """Main columns that are at least traded^1.5."""
    budgeted: IndexArray
    """Main columns of positions of a risk budget."""
    budget_inverse: FloatArray
    """One over positions that they can be expected near."""
    logarithm: IndexArray
    """Main columns that are at most ln(position * budget_inverse)."""

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.main_count + sum(block.size for block in self.blocks)


@dataclass(frozen=True, eq=False)
class ConicNumbers:
    """Minimise cost'm + weight (m'Mm + |q|^2) + slope'q over a set of rows and cones.

    equal w = target, at_most w <= limit; columns w are the main ones m, then the q of each block.
    Entries of one place add up.
    """

    shape: ConicShape
    cost: FloatArray
    """By main column."""
    target: FloatArray
    limit: FloatArray
    radii: FloatArray
    """By cone; zero where a norm of the goal is bounded by its own column alone."""
    quadratic_weight: float
    quadratic_slope: FloatArray
