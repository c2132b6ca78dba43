"""Words for proposals: states, why a step is where it is, how contracts were rounded, what a trade brings."""

from __future__ import annotations

from counterpoise.model import (
    MeetRiskBudget,
    MinimizeCost,
    Objective,
    RebalanceProposalState,
    ReleaseState,
    RoundingMethod,
    StepPurpose,
    StepTrade,
    Trade,
)
from counterpoise.wording.figures import basis_points

PROPOSAL_STATES = {
    RebalanceProposalState.OPEN: "open",
    RebalanceProposalState.APPROVED: "approved",
    RebalanceProposalState.REJECTED: "rejected",
    RebalanceProposalState.EXPIRED: "expired",
    RebalanceProposalState.SUPERSEDED: "superseded",
}

STEP_PURPOSES = {
    StepPurpose.RAISE_RESERVE: "raise cash",
    StepPurpose.REDUCE_NOTIONAL: "take off exposure that needs margin",
    StepPurpose.ADD_NOTIONAL: "add exposure that needs margin",
    StepPurpose.INVEST: "spend cash",
    StepPurpose.PACKAGE: "as one package: only together do they keep the limits",
}

ROUNDING_METHODS = {
    RoundingMethod.NONE: "Nothing had to be rounded",
    RoundingMethod.INTEGER_PROGRAM: (
        "Whole contracts and tickets are the best there are: the search was finished"
    ),
    RoundingMethod.INTEGER_PROGRAM_CUT_SHORT: (
        "Whole contracts and tickets are the best that was found when the time was over"
    ),
    RoundingMethod.NEAREST_REPAIRED: (
        "Each line has its nearest whole contract and the others were repaired: the search found nothing"
    ),
}

RELEASE_STATES = {
    ReleaseState.DRY_RUN: "dry run: the approval is recorded and nothing leaves",
    ReleaseState.WAITING: "the trades wait for the last check",
    ReleaseState.RELEASED: "the trades have left",
    ReleaseState.WITHHELD: "withheld: the last check stopped the trades",
}


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
