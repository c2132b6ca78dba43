"""Limits, and the proof of the soft ones, as frames."""

from __future__ import annotations

import pandas as pd

from counterpoise.frames.tables import name_of, table
from counterpoise.model import Allocation, StressPortfolioResponse

_NUMBERS = (
    "value",
    "lower",
    "upper",
    "lower_slack",
    "upper_slack",
    "lower_shadow_price",
    "upper_shadow_price",
    "violation",
)


def limits_frame(answer: Allocation | StressPortfolioResponse) -> pd.DataFrame:
    """Limits indexed by key, as in `keep-beta[us_equity]` or `coverage[crash, 5d]`.

    Columns: value, unit, lower, upper, lower_slack, upper_slack, lower_shadow_price,
    upper_shadow_price, violation, priority, binding. A shadow price is the objective's improvement per
    unit by which that side is loosened, NaN where nothing was optimized; priority is zero for hard limits.
    """
    rows = {
        str(limit.key): (
            name_of(limit.unit),
            limit.value,
            limit.lower,
            limit.upper,
            limit.lower_slack,
            limit.upper_slack,
            limit.lower_shadow_price,
            limit.upper_shadow_price,
            limit.violation,
        )
        for limit in answer.limits
    }
    frame = table(rows, "limit", text=("unit",), numbers=_NUMBERS)
    for name, dtype in (("priority", int), ("binding", bool)):
        values = [getattr(limit, name) for limit in answer.limits]
        frame[name] = pd.Series(values, index=frame.index, dtype=dtype)
    return frame[["value", "unit", *_NUMBERS[1:], "priority", "binding"]]


def soft_stages_frame(allocation: Allocation) -> pd.DataFrame:
    """The proof of each priority of soft limits, indexed by priority.

    Columns: violation, the weighted sum at the answer; violation_bound, the least that is possible with
    earlier priorities held.
    """
    certificate = allocation.certificate
    proof = certificate.optimality if certificate is not None else None
    stages = proof.soft_stages if proof is not None else ()
    return pd.DataFrame(
        [(stage.violation, stage.violation_bound) for stage in stages],
        index=pd.Index([stage.priority for stage in stages], dtype=int, name="priority"),
        columns=["violation", "violation_bound"],
        dtype=float,
    )
