"""What goes to a worker process: a conic form as bare numbers."""

from __future__ import annotations

from dataclasses import dataclass

import scipy.sparse as sp

from counterpoise.model import FloatArray


@dataclass(frozen=True, eq=False)
class Cone:
    """|q - offset| <= radius for the components q of a block, all over the block's scale."""

    block: int
    offset: FloatArray
    radius: float | None
    """None bounds by the objective's volatility column."""


@dataclass(frozen=True, eq=False)
class ConicNumbers:
    """Minimise cost'm + weight |q|^2 + slope'q, equal w = target, at_most w <= limit, cones.

    Columns w are the main ones m, then the components q of each block.
    """

    block_sizes: tuple[int, ...]
    volatility: int | None
    """Main column that is the objective's volatility, where it is one."""
    cost: FloatArray
    """By main column."""
    quadratic_block: int | None
    quadratic_weight: float
    quadratic_slope: FloatArray
    equal: sp.csr_array
    target: FloatArray
    at_most: sp.csr_array
    limit: FloatArray
    cones: tuple[Cone, ...]
