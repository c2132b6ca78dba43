"""One attempt at a conic form: what goes to a worker process and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec

from counterpoise.model import FloatArray
from optimizer.program.numbers import ConicNumbers


class Engine(Enum):
    """One rung of the ladder: an engine with its settings."""

    CLARABEL = "clarabel"
    """Interior point at its working tolerances."""
    CLARABEL_TIGHT = "clarabel tight"
    """The same with another scaling, tighter tolerances and more iterations."""
    SCS = "scs"
    """Operator splitting: an unrelated algorithm and code."""
    MOREAU = "moreau"
    """A compiled interior point that starts from its last answers. What it says depends on what was asked
    before: for the fast way through sweeps and batches, never for an answer that can be repeated."""

    @property
    def is_installed(self) -> bool:
        """Whether this process can run it."""
        return self is not Engine.MOREAU or find_spec("moreau") is not None


@dataclass(frozen=True, eq=False)
class Attempt:
    """A conic form and who is to solve it."""

    numbers: ConicNumbers
    engine: Engine


@dataclass(frozen=True, eq=False)
class RawAnswer:
    """What an engine brought, by column and row of the form. Nothing here is trusted."""

    engine: str
    status: str
    infeasible: bool
    """Whether the multipliers are meant as a proof that there is no allocation."""
    main: FloatArray | None = None
    """Values of the main columns."""
    of_equal: FloatArray | None = None
    of_at_most: FloatArray | None = None
    of_cones: tuple[FloatArray, ...] = ()
    """Multiplier of each cone, then of each residual norm: of its bound, then of its components."""
    started_seconds: float = 0.0
    """When the attempt began to run, on the machine's monotonic clock."""
