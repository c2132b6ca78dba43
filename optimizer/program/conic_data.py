"""What engines take."""

from __future__ import annotations

from dataclasses import dataclass

import scipy.sparse as sp

from counterpoise.model import FloatArray


@dataclass(frozen=True, eq=False)
class ConicData:
    """minimise x'Px/2 + c'x subject to Ax + s = b, s in the cones in the order of the counts below."""

    quadratic: sp.csc_matrix
    """P, upper triangle."""
    cost: FloatArray
    matrix: sp.csc_matrix
    bound: FloatArray
    zero: int
    nonnegative: int
    second_order: tuple[int, ...]
    exponential: int
    """Cones of dimension three."""
    powers: tuple[float, ...]
    """Exponents of power cones of dimension three."""
    main_at: int
    """First main column in x."""
