"""Words for the trades of a proposal: which side, and what a trade is worth."""

from __future__ import annotations

from counterpoise.model import (
    MeetRiskBudget,
    MinimizeCost,
    Objective,
    StepTrade,
    Trade,
)
from counterpoise.wording.figures import basis_points


def side(traded: Trade | StepTrade) -> str:
    """`buy` or `sell`, from the sign of the change."""
    return "sell" if traded.fraction < 0 else "buy"


def gain(value: float, objective: Objective) -> str:
    """What the objective has of a trade: basis points, of a distance from a risk budget its number."""
    if isinstance(objective.goal, MeetRiskBudget):
        return f"{value:+.3g}"
    return basis_points(value, 2, signed=True)


def gain_unit(objective: Objective) -> str:
    """Unit of `gain`: `bp a year` of returns and costs, `bp` of risk, none where it is a distance."""
    if isinstance(objective.goal, MeetRiskBudget):
        return ""
    return "bp a year" if objective.maximizes or isinstance(objective.goal, MinimizeCost) else "bp"
