"""What each bound of a proof demands, in words and with its number."""

from __future__ import annotations

from counterpoise.command.figures import in_unit, percent
from counterpoise.command.words import Names
from counterpoise.errors import describe_side
from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    AllocationProblem,
    ExposureMeasure,
    LimitKey,
    Measure,
    PositionMeasure,
    ProofWeight,
    ReserveMeasure,
    RiskMeasure,
    Side,
    StructuralRule,
    Unit,
)


def requirement(bound: ProofWeight, problem: AllocationProblem, names: Names) -> str:
    """One side of a constraint: `exposure at least 30.00 %`."""
    words = "at least" if bound.side == Side.LOWER else "at most"
    limit = next((item for item in problem.mandate.limits if item.limit_id == bound.key.limit_id), None)
    if limit is None:
        return _of_a_rule(bound.key, words, bound.side, problem) or describe_side(bound.side)
    value = limit.lower if bound.side == Side.LOWER else limit.upper
    if value is None:
        return describe_side(bound.side)
    return f"{names.measured(bound.key)} {words} {in_unit(value, _unit(limit.measure))}".strip()


def _of_a_rule(key: LimitKey, words: str, side: Side, problem: AllocationProblem) -> str:
    if key.structural_rule == StructuralRule.LINE_BOX:
        line = next((item for item in problem.portfolio.lines if item.line_id == key.line_id), None)
        given = (line.minimum_fraction if side == Side.LOWER else line.maximum_fraction) if line else None
        return f"{words} {percent(given)} %" if given is not None else f"{words} what the caps leave"
    sentences = {
        StructuralRule.CAPITAL_BUDGET: f"uses {words} 100 % of NAV",
        StructuralRule.SLEEVE_CAPACITY: "no more than the manager takes",
        StructuralRule.COLLATERAL_COVER: "collateral after haircuts covers initial margin",
        StructuralRule.COLLATERAL_SUPPLY: "no tier posts more than it holds",
        StructuralRule.COLLATERAL_SHARE: "no tier is more than its share of the collateral",
        StructuralRule.CREDIT_COMMITMENT: "no more than is committed",
        StructuralRule.DEFAULT_LEVERAGE_CAP: f"{words} {DEFAULT_LEVERAGE_CAP}x",
    }
    return sentences.get(key.structural_rule, "") if key.structural_rule is not None else ""


def _unit(measure: Measure) -> Unit:
    if isinstance(measure, RiskMeasure):
        return Unit.ANNUAL_RATE
    return (
        Unit.NAV_FRACTION
        if isinstance(measure, PositionMeasure | ExposureMeasure | ReserveMeasure)
        else Unit.RATIO
    )
