"""The contract's words for people who never read the contract."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TypeVar

from counterpoise.model import (
    AttemptVerdict,
    Frequency,
    LeverageDefinition,
    LineKind,
    ObjectiveTermKind,
    ReturnTermKind,
    RiskStatistic,
    SleeveClass,
    SmoothingTreatment,
    StructuralRule,
    WarningCode,
)

Kind = TypeVar("Kind", bound=IntEnum)

LINE_KINDS = {
    LineKind.FUNDED_BETA: "funded",
    LineKind.OVERLAY: "overlay",
    LineKind.ALPHA_SLEEVE: "alpha",
    LineKind.RESERVE_TIER: "reserve",
    LineKind.CREDIT_LINE: "credit",
}

RETURN_TERMS = {
    ReturnTermKind.CASH: "Cash on all capital",
    ReturnTermKind.PREMIUM: "Premia of the exposures",
    ReturnTermKind.ALPHA: "Alpha after fees",
    ReturnTermKind.FINANCING: "Financing of overlays",
    ReturnTermKind.ROLL: "Rolling of overlays",
    ReturnTermKind.FEE: "Fees of funds and sleeves",
    ReturnTermKind.CASH_DRAG: "Reserve below cash",
    ReturnTermKind.BORROWING: "Spread on drawn credit",
    ReturnTermKind.MARGIN_CREDIT: "Posted cash below its own return",
    ReturnTermKind.TRADING_COST: "Trading, a year's share",
}

OBJECTIVE_TERMS = {
    ObjectiveTermKind.NET_RETURN: "Expected net return",
    ObjectiveTermKind.ALPHA: "Alpha after fees",
    ObjectiveTermKind.RISK: "Risk",
    ObjectiveTermKind.COST: "Costs",
    ObjectiveTermKind.ALPHA_UNCERTAINTY: "Charge for uncertain alpha",
    ObjectiveTermKind.PREMIUM_UNCERTAINTY: "Charge for uncertain premia",
    ObjectiveTermKind.RISK_BUDGET: "Distance from the risk budget",
}

LEVERAGE_DEFINITIONS = {
    LeverageDefinition.GROSS_NOTIONAL: (
        "Gross notional",
        "funded lines, weighted overlays, sleeves by their funds' leverage",
    ),
    LeverageDefinition.COMMITMENT: (
        "Commitment",
        "as gross, overlays unweighted, and netted in each underlying",
    ),
    LeverageDefinition.OVERLAY: ("Overlay", "notional of overlays and unfunded accounts alone"),
    LeverageDefinition.NET: ("Net", "funded lines, overlays and sleeves, longs less shorts; no reserve"),
}

RISK_STATISTICS = {
    RiskStatistic.TOTAL_VOLATILITY: "Total volatility",
    RiskStatistic.ACTIVE_VOLATILITY: "Active risk against the reference",
}

SLEEVE_CLASSES = {
    SleeveClass.ALPHA: "alpha",
    SleeveClass.ALPHA_AND_BETA: "alpha beside beta",
    SleeveClass.BETA: "beta: not counted",
}

SLEEVE_VERDICTS = {
    SleeveClass.ALPHA: "alpha",
    SleeveClass.ALPHA_AND_BETA: "alpha and beta",
    SleeveClass.BETA: "beta",
}
"""What a history says that a sleeve is, where its alpha is above zero."""

UNPROVEN_VERDICTS = {
    SleeveClass.ALPHA: "not beta",
    SleeveClass.ALPHA_AND_BETA: "alpha and beta",
    SleeveClass.BETA: "beta",
}
"""The same where it is not, before what is said of it: the class goes by what factors explain alone."""

SMOOTHING_TREATMENTS = {
    SmoothingTreatment.NONE: "as they came",
    SmoothingTreatment.WHERE_TESTED: "tested",
    SmoothingTreatment.GELTNER: "Geltner",
    SmoothingTreatment.GETMANSKY_LO_MAKAROV: "Getmansky et al.",
}

PERIODS = {
    Frequency.DAILY: "day",
    Frequency.WEEKLY: "week",
    Frequency.MONTHLY: "month",
    Frequency.QUARTERLY: "quarter",
}
"""What one period of a history is."""

WARNINGS = {
    WarningCode.RUIN: "Ruin",
    WarningCode.COVERAGE_SHORT: "Money that is short",
    WarningCode.RESERVE_GONE: "Reserve that runs out",
    WarningCode.NO_SAME_DAY_CASH: "No cash for margin calls",
    WarningCode.INPUT_UNUSUAL: "Unusual inputs",
    WarningCode.CORRELATION_REPAIRED: "Repaired correlations",
    WarningCode.SHOCK_REGRESSED: "Moves that nobody gave",
    WarningCode.HISTORY_GAPS: "Gaps in histories",
    WarningCode.ESTIMATE_UNCERTAIN: "Uncertain estimates",
    WarningCode.INPUT_STALE: "Old inputs",
    WarningCode.EVIDENCE_SHORT: "Thin evidence",
    WarningCode.SLEEVE_RECLASSIFIED: "Beta, not alpha",
    WarningCode.ALPHA_BELOW_FEES: "Alpha that does not pay its fees",
    WarningCode.CURRENT_BREACH: "Today's holdings",
    WarningCode.SOFT_LIMIT_MISSED: "Soft limits that are missed",
    WarningCode.RISK_SHARES_MISSED: "Risk budget that is missed",
    WarningCode.LEVERAGE_HIGH: "Leverage",
    WarningCode.DEFAULT_LEVERAGE_CAP: "Leverage that the mandate leaves open",
    WarningCode.DERIVED_BOX_TOUCHED: "Positions that nothing but the caps holds",
    WarningCode.NAV_SMALL: "Size",
}
"""What warnings are about, in the order in which they are told: what cannot wait, then the inputs."""

ATTEMPT_VERDICTS = {
    AttemptVerdict.CERTIFIED: "proven",
    AttemptVerdict.NOT_FEASIBLE: "breaks a rule",
    AttemptVerdict.GAP_TOO_WIDE: "obeys the rules; not proven best",
    AttemptVerdict.RAY_NOT_VALID: "says infeasible; does not prove it",
    AttemptVerdict.NO_CLAIM: "brought nothing to judge",
}

STRUCTURAL_RULES = {
    StructuralRule.CAPITAL_BUDGET: "Capital",
    StructuralRule.LINE_BOX: "Position",
    StructuralRule.SLEEVE_CAPACITY: "Manager's capacity",
    StructuralRule.SLEEVE_REDEMPTION: "Redemption",
    StructuralRule.CREDIT_COMMITMENT: "Drawn credit",
    StructuralRule.DEFAULT_LEVERAGE_CAP: "Gross leverage, default cap",
}

STRUCTURAL_BOUNDS: dict[int, str] = {
    StructuralRule.COLLATERAL_COVER: "just covers the margin",
    StructuralRule.COLLATERAL_SUPPLY: "all that is held is posted",
    StructuralRule.COLLATERAL_SHARE: "at its largest share",
}
"""What it means that a rule binds whose number, zero, tells nothing."""


def say(value: Kind, words: Mapping[Kind, str]) -> str:
    """A value in words; by its number where it is newer than this client."""
    return words.get(value) or f"newer kind {int(value)}"
