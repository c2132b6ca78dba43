"""Jobs, runs and proposals in words: states, outcomes, what stopped a run and what to do about it."""

from __future__ import annotations

from counterpoise.model import (
    RebalanceJobState,
    RebalanceProposalState,
    RebalanceRunOutcome,
    RebalanceRunState,
    ReleaseState,
    RoundingMethod,
    RunGuard,
    StepPurpose,
)

JOB_STATES = {
    RebalanceJobState.ACTIVE: "active",
    RebalanceJobState.PAUSED: "paused",
    RebalanceJobState.DELETED: "deleted",
}

RUN_STATES = {
    RebalanceRunState.PENDING: "waits for a worker",
    RebalanceRunState.RUNNING: "runs",
    RebalanceRunState.SUCCEEDED: "succeeded",
    RebalanceRunState.FAILED: "failed",
    RebalanceRunState.CANCELLED: "cancelled",
    RebalanceRunState.SKIPPED: "skipped",
}

OUTCOMES = {
    RebalanceRunOutcome.PROPOSED: "proposed trades",
    RebalanceRunOutcome.WITHIN_TOLERANCE: "nothing to do",
    RebalanceRunOutcome.REFUSED: "refused",
}

PROPOSAL_STATES = {
    RebalanceProposalState.OPEN: "open",
    RebalanceProposalState.APPROVED: "approved",
    RebalanceProposalState.REJECTED: "rejected",
    RebalanceProposalState.EXPIRED: "expired",
    RebalanceProposalState.SUPERSEDED: "superseded",
}

GUARDS = {
    RunGuard.MARKS_STALE: "The marks are too old",
    RunGuard.MARKS_MIXED: "Lines are marked on different days",
    RunGuard.HOLDINGS_UNBALANCED: "Holdings do not sum to NAV",
    RunGuard.PROBLEM_INVALID: "With the marks the problem is not valid",
    RunGuard.INFEASIBLE: "No allocation satisfies the mandate",
    RunGuard.NOT_CERTIFIED: "Nothing was certified",
    RunGuard.ANSWER_UNSTABLE: "The answer jumps when inputs move a little",
    RunGuard.TURNOVER: "Turnover is above the breaker",
    RunGuard.NOT_TRADABLE: "No whole contracts and tickets keep every hard limit",
    RunGuard.HALTED: "A kill switch is engaged",
    RunGuard.JOB_CHANGED: "The job was changed while the run was under way",
    RunGuard.TRADES_OUTSTANDING: "Earlier trades are not in the marks yet",
}
"""What stopped a run."""

REMEDIES = {
    RunGuard.MARKS_STALE: "record today's marks (counterpoise marks record), and run again.",
    RunGuard.MARKS_MIXED: "record marks that are of one day for margined lines and reserve tiers, and run "
    "again.",
    RunGuard.HOLDINGS_UNBALANCED: "record marks with the holding that is missing or there twice, or with "
    "another NAV, and run again.",
    RunGuard.PROBLEM_INVALID: "record other marks, or change the problem (counterpoise jobs update), and run "
    "again.",
    RunGuard.INFEASIBLE: "loosen a limit that the proof names, or make it soft (counterpoise jobs update), "
    "and run again.",
    RunGuard.NOT_CERTIFIED: "run again; if it stays so, look in the problem for numbers that differ by many "
    "powers of ten.",
    RunGuard.ANSWER_UNSTABLE: "charge for risk, costs or uncertainty in the objective, because premia and "
    "limits alone do not settle the answer; or allow it with --maximum-answer-jump.",
    RunGuard.TURNOVER: "look for marks that are wrong; if they are right, limit turnover in the mandate, "
    "charge for trading, or allow it with --maximum-turnover.",
    RunGuard.NOT_TRADABLE: "give the limits room for one contract or ticket, or lower --minimum-ticket.",
    RunGuard.HALTED: "ask who engaged it (counterpoise switch list), and run again once it is released.",
    RunGuard.JOB_CHANGED: "run again.",
    RunGuard.TRADES_OUTSTANDING: "record marks with the earlier trades done, and run again.",
}
"""What to do about it."""

STEP_PURPOSES = {
    StepPurpose.RAISE_RESERVE: "raise cash",
    StepPurpose.REDUCE_NOTIONAL: "take exposure off",
    StepPurpose.ADD_NOTIONAL: "add exposure",
    StepPurpose.INVEST: "invest",
    StepPurpose.PACKAGE: "together, as one package",
}

ROUNDING_METHODS = {
    RoundingMethod.NONE: "Nothing had to be rounded",
    RoundingMethod.INTEGER_PROGRAM: "Whole contracts and tickets are the best there are",
    RoundingMethod.INTEGER_PROGRAM_CUT_SHORT: "Whole contracts and tickets are the best found in time",
    RoundingMethod.NEAREST_REPAIRED: "Contracts are rounded to the nearest, and the other lines repaired",
}

RELEASES = {
    ReleaseState.DRY_RUN: "The job releases nothing: the approval is recorded, and nothing leaves",
    ReleaseState.WAITING: "The trades wait for the last check before they leave",
    ReleaseState.RELEASED: "The trades have left",
    ReleaseState.WITHHELD: "The last check stopped the trades; a new run is needed",
}
