"""Walks beside each other, and beside the unlevered reference."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from counterpoise.backtest.result import WalkForward

_OWN = (
    "annual_return",
    "annual_volatility",
    "annual_active_risk",
    "maximum_drawdown",
    "largest_call_fraction",
    "least_free_fraction",
    "exhausted_count",
    "decision_count",
    "relaxed_count",
    "held_count",
)


def compare(walks: Mapping[str, WalkForward]) -> pd.DataFrame:
    """One row for every walk by its name, and `reference`; the last column is return over the reference.

    The walks have one history and one reference. Raises ValueError where their dates differ.
    """
    if not walks:
        raise ValueError("no walk to compare; give at least one")
    first = next(iter(walks.values()))
    for name, walk in walks.items():
        if [item.date for item in walk.periods] != [item.date for item in first.periods]:
            raise ValueError(f"{name}: its periods differ from those of the first; compare like with like")
    summaries = {name: walk.summary() for name, walk in walks.items()}
    one = first.summary()
    rows = {name: [summary[key] for key in _OWN] for name, summary in summaries.items()}
    rows["reference"] = [
        one["annual_reference_return"],
        one["annual_reference_volatility"],
        0.0,
        one["maximum_reference_drawdown"],
        *[float("nan")] * (len(_OWN) - 4),
    ]
    frame = pd.DataFrame(rows, index=list(_OWN), dtype=float).T
    frame.index.name = "walk"
    frame["return_over_reference"] = frame["annual_return"] - one["annual_reference_return"]
    return frame
