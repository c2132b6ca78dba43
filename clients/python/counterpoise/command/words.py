"""The contract's words for people who never read the contract."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TypeVar

from counterpoise.model import (
    AllocationProblem,
    AttemptVerdict,
    ExposureMeasure,
    LeverageDefinition,
    LeverageMeasure,
    LimitKey,
    LineKind,
    Measure,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    ReturnTermKind,
    RiskMeasure,
    RiskStatistic,
    SleeveClass,
    StructuralRule,
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
    ReturnTermKind.FEE: "Fees of funded lines",
    ReturnTermKind.CASH_DRAG: "Reserve below cash",
    ReturnTermKind.BORROWING: "Spread on drawn credit",
}

LEVERAGE_DEFINITIONS = {
    LeverageDefinition.GROSS_NOTIONAL: (
        "Gross notional",
        "all held or exposed, shorts as positive; no cash equivalents",
    ),
    LeverageDefinition.COMMITMENT: (
        "Commitment",
        "as gross, after netting what is in the same underlying",
    ),
    LeverageDefinition.OVERLAY: ("Overlay", "notional of overlays and unfunded accounts alone"),
    LeverageDefinition.NET: ("Net", "funded lines, overlays and sleeves, longs less shorts; no reserve"),
}

RISK_STATISTICS = {
    RiskStatistic.TOTAL_VOLATILITY: "Total volatility",
    RiskStatistic.ACTIVE_VOLATILITY: "Active risk against the reference",
}

SLEEVE_CLASSES = {
    SleeveClass.ALPHA: "alpha: known factors explain little of it",
    SleeveClass.ALPHA_AND_BETA: "alpha and beta: only the intercept counts",
    SleeveClass.BETA: "beta: known factors explain it, its alpha does not count",
}

ATTEMPT_VERDICTS = {
    AttemptVerdict.CERTIFIED: "proven",
    AttemptVerdict.NOT_FEASIBLE: "breaks a rule",
    AttemptVerdict.GAP_TOO_WIDE: "obeys the rules; not proven best",
    AttemptVerdict.RAY_NOT_VALID: "says infeasible; does not prove it",
    AttemptVerdict.NO_CLAIM: "brought nothing to judge",
}

_STRUCTURAL_RULES = {
    StructuralRule.CAPITAL_BUDGET: "Capital",
    StructuralRule.LINE_BOX: "Position",
    StructuralRule.SLEEVE_CAPACITY: "Manager's capacity",
    StructuralRule.CREDIT_COMMITMENT: "Drawn credit",
    StructuralRule.DEFAULT_LEVERAGE_CAP: "Gross leverage, default cap",
}

STRUCTURAL_BOUNDS: dict[int, str] = {
    StructuralRule.COLLATERAL_COVER: "just covers the margin",
    StructuralRule.COLLATERAL_SUPPLY: "all that is held is posted",
    StructuralRule.COLLATERAL_SHARE: "at its largest share",
}
"""What it means that a rule binds whose number, zero, tells nothing."""

_MEASURES: dict[type[Measure], str] = {
    PositionMeasure: "position",
    ExposureMeasure: "exposure",
    ReferenceBetaMeasure: "beta",
    LeverageMeasure: "leverage",
    RiskMeasure: "volatility",
    ReserveMeasure: "reserve",
}


def say(value: Kind, words: Mapping[Kind, str]) -> str:
    """A value in words; by its number where it is newer than this client."""
    return words.get(value) or f"newer kind {int(value)}"


class Names:
    """Display names of everything in a problem, ids where there are none."""

    def __init__(self, problem: AllocationProblem) -> None:
        self._lines = {line.line_id: line.display_name for line in problem.portfolio.lines}
        self._drivers = {driver.driver_id: driver.display_name for driver in problem.market.drivers}
        self._limits = {limit.limit_id: limit for limit in problem.mandate.limits}

    def line(self, line_id: str) -> str:
        """Name of a line."""
        return self._lines.get(line_id) or line_id

    def driver(self, driver_id: str) -> str:
        """Name of a driver."""
        return self._drivers.get(driver_id) or driver_id

    def limit(self, key: LimitKey) -> str:
        """Name of a constraint, with the member that it is about."""
        line = self.line(key.line_id)
        collateral = {
            StructuralRule.COLLATERAL_COVER: f"Collateral at {key.margin_pool_id}",
            StructuralRule.COLLATERAL_SUPPLY: f"{line} to post as margin",
            StructuralRule.COLLATERAL_SHARE: f"{line} in the collateral at {key.margin_pool_id}",
        }
        if key.structural_rule in collateral:
            return collateral[key.structural_rule]
        if key.limit_id is not None:
            limit = self._limits.get(key.limit_id)
            origin = limit.display_name if limit is not None and limit.display_name else key.limit_id
        elif key.structural_rule is not None:
            origin = say(key.structural_rule, _STRUCTURAL_RULES)
        else:
            origin = "a rule newer than this client"
        members = [
            self.line(key.line_id) if key.line_id else "",
            self.driver(key.driver_id) if key.driver_id else "",
            f"pool {key.margin_pool_id}" if key.margin_pool_id else "",
        ]
        about = ", ".join(member for member in members if member)
        return f"{origin}: {about}" if about else origin

    def measured(self, key: LimitKey) -> str:
        """What a limit of the mandate limits, in one word; empty for rules that nobody states."""
        limit = self._limits.get(key.limit_id or "")
        return _MEASURES.get(type(limit.measure), "") if limit is not None else ""
