"""How limits and terms enter the program: rows over positions and postings, and balls of risk."""

from __future__ import annotations

from dataclasses import dataclass

import scipy.sparse as sp
from counterpoise.model import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Rows:
    """A family of rows, named after its limit.

    lower <= linear v + absolute |h| + sum |pairs v - p| + offset <= upper.
    `concave` says that the measure is the negative of the rows, as a reserve is of what it
    lacks; its lower bound then holds the rows from above. `pairs` stands in families of one row.
    """

    name: str
    linear: sp.csr_array
    """m by variables."""
    offset: FloatArray
    absolute: sp.csr_array | None = None
    """m by lines, >= 0."""
    pairs: sp.csr_array | None = None
    pairs_offset: FloatArray | None = None
    concave: bool = False
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, eq=False)
class Ball:
    """|(L'(x - reference), z)| <= radius, over the lines and drivers that count.

    `radius` None is the objective itself.
    """

    name: str
    lines: IndexArray
    drivers: IndexArray
    reference: FloatArray
    with_residual: bool
    radius: float | None
