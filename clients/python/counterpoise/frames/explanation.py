"""Why there is no allocation, what would allow one, and what an answer owes to inputs, as frames."""

from __future__ import annotations

import pandas as pd

from counterpoise.frames.tables import name_of
from counterpoise.model import (
    ExplainInfeasibilityResponse,
    InputResponse,
    InputSensitivity,
    MeasureSensitivityResponse,
    TerminationReason,
)

_CONFLICT = ("limit", "side", "bound", "unit")
_MENDING = ("limit", "side", "amount", "relaxed_bound", "unit")
_SENSITIVITY = (
    "value",
    "unit",
    "step",
    "lower_change",
    "higher_change",
    "derivative",
    "lower_missed",
    "higher_missed",
)


def conflict_frame(response: ExplainInfeasibilityResponse) -> pd.DataFrame:
    """Bounds that cannot hold together, a row for each; columns limit, side, bound, unit."""
    rows = [
        (str(item.key), name_of(item.side), item.bound, name_of(item.unit))
        for item in response.conflict_members
    ]
    return pd.DataFrame(rows, columns=list(_CONFLICT)).astype({"bound": float})


def relaxations_frame(response: ExplainInfeasibilityResponse) -> pd.DataFrame:
    """The cheapest mending, a row for each bound; columns limit, side, amount, relaxed_bound, unit."""
    rows = [
        (str(item.key), name_of(item.side), item.amount, item.relaxed_bound, name_of(item.unit))
        for item in response.relaxations
    ]
    return pd.DataFrame(rows, columns=list(_MENDING)).astype({"amount": float, "relaxed_bound": float})


def sensitivity_frame(response: MeasureSensitivityResponse) -> pd.DataFrame:
    """Inputs indexed by kind and id, those that move the objective most first.

    Kinds are premium, alpha, margin_rate, lower and upper. Columns: value, unit, step; lower_change and
    higher_change, the improvement of the objective with the input one step away, NaN where there is no
    certified answer; derivative, the improvement per unit by which the input rises, NaN where no one number
    is; lower_missed and higher_missed, how much more soft limits are missed one step away, weighted.
    """
    index = pd.MultiIndex.from_tuples([_input(item) for item in response.inputs], names=["kind", "id"])
    rows = [
        (
            item.value,
            name_of(item.unit),
            item.step,
            _change(item.lower),
            _change(item.higher),
            item.objective_derivative,
            _missed(item.lower),
            _missed(item.higher),
        )
        for item in response.inputs
    ]
    frame = pd.DataFrame(rows, index=index, columns=list(_SENSITIVITY))
    return frame.astype({name: float for name in _SENSITIVITY if name != "unit"})


def _input(item: InputSensitivity) -> tuple[str, str]:
    if item.premium is not None:
        return "premium", item.premium.driver_id
    if item.alpha is not None:
        return "alpha", item.alpha.line_id
    if item.margin_rate is not None:
        return "margin_rate", item.margin_rate.line_id
    return (name_of(item.bound.side), item.bound.limit_id) if item.bound is not None else ("", "")


def _change(response: InputResponse | None) -> float | None:
    if response is None or response.reason != TerminationReason.OPTIMAL:
        return None
    return response.objective_change


def _missed(response: InputResponse | None) -> float | None:
    if response is None or response.reason != TerminationReason.OPTIMAL:
        return None
    return response.soft_violation_change
