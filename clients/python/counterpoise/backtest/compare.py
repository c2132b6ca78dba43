"""Walks beside each other, and beside the unlevered reference."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from counterpoise.backtest.result import WalkForward

_OWN = (
    "annual_return",
    "annual_volatility",
    "annual_active_risk",
    "annual_active_error",
    "reference_beta",
    "maximum_drawdown",
    "largest_call_fraction",
    "least_free_fraction",
    "largest_forced_sale_fraction",
    "exhausted_count",
    "decision_count",
    "relaxed_count",
    "held_count",
    "ruined",
)


def compare(walks: Mapping[str, WalkForward]) -> pd.DataFrame:
    """One row for every walk by its name, and `reference`; the last column is return over the reference.

    The walks have the same dates and the same reference, but that a ruined one ends early. Raises ValueError
    for others, and without a walk.
    """
    if not walks:
        raise ValueError("no walk to compare; give at least one")
    first = max(walks.values(), key=lambda walk: len(walk.periods))
    paths = [(period.date, period.reference_nav) for period in first.periods]
    for name, walk in walks.items():
        own = [(period.date, period.reference_nav) for period in walk.periods]
        if own != paths[: len(own)] or (len(own) < len(paths) and not walk.periods[-1].ruined):
            raise ValueError(
                f"{name}: its dates or its reference are not those of the others; compare like with like"
            )
    summaries = {name: walk.summary() for name, walk in walks.items()}
    one = first.summary()
    rows = {name: [summary[key] for key in _OWN] for name, summary in summaries.items()}
    rows["reference"] = [
        one["annual_reference_return"],
        one["annual_reference_volatility"],
        0.0,
        0.0,
        1.0,
        one["maximum_reference_drawdown"],
        *[float("nan")] * (len(_OWN) - 6),
    ]
    frame = pd.DataFrame(rows, index=list(_OWN), dtype=float).T
    frame.index.name = "walk"
    frame["return_over_reference"] = frame["annual_return"] - one["annual_reference_return"]
    return frame
