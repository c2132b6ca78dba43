"""What goes to a worker process and what comes back: arrays and names, no solver objects."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from enum import Enum

from counterpoise.model import AllocationProblem, FloatArray, Side


class Engine(Enum):
    """One rung of the ladder: an engine with its settings."""

    CLARABEL = "clarabel"
    """Interior point at its working tolerances."""
    CLARABEL_TIGHT = "clarabel tight"
    """The same with another scaling, tighter tolerances and more iterations."""
    SCS = "scs"
    """Operator splitting: an unrelated algorithm and code."""


@dataclass(frozen=True, eq=False)
class Attempt:
    """One attempt at a problem.

    `alpha` is the annual alpha that counts per line, shape (n,); `lower` and `upper` are finite
    bounds of positions and then of collateral postings, fractions of NAV, shape (n + E,).
    """

    problem: AllocationProblem
    alpha: FloatArray
    lower: FloatArray
    upper: FloatArray
    engine: Engine


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an engine brought. Nothing here is trusted before it is certified.

    `multipliers` maps constraint name and side to weights by member, each the improvement of the
    minimised objective per unit; `components` holds dual vectors of norms in the same way, with
    the objective's own under ("objective", Side.UPPER).
    """

    engine: str
    status: str
    infeasible: bool
    """Whether the multipliers are meant as a proof that there is no allocation."""
    variables: FloatArray | None = None
    multipliers: dict[tuple[str, Side], FloatArray] = field(default_factory=dict)
    components: dict[tuple[str, Side], FloatArray] = field(default_factory=dict)
    started_seconds: float = 0.0
    """When the attempt began to run, on the machine's monotonic clock."""


def run_attempt(attempt: Attempt) -> Outcome:
    """Runs one attempt in this process; compiled programs are kept for its lifetime."""
    from optimizer.program.solve import solve  # noqa: PLC0415 - loads cvxpy, in workers only

    started = time.monotonic()
    return replace(solve(attempt), started_seconds=started)
