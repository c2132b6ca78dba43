"""What each bound of a proof demands, in words and with its number."""

from __future__ import annotations

from counterpoise.errors import describe_side
from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    AllocationProblem,
    LimitKey,
    ProofWeight,
    Side,
    StructuralRule,
)
from counterpoise.wording.figures import percent
from counterpoise.wording.measures import unit_of_limit
from counterpoise.wording.names import Names


def requirement(bound: ProofWeight, problem: AllocationProblem, names: Names) -> str:
    """One side of a constraint: `exposure at least 30.00 %`."""
    words = "at least" if bound.side == Side.LOWER else "at most"
    limit = names.stated(bound.key)
    if limit is None:
        return _of_a_rule(bound.key, words, bound.side, problem) or describe_side(bound.side)
    value = limit.lower if bound.side == Side.LOWER else limit.upper
    if limit.factor_neutrality is not None and limit.upper is not None and bound.side == Side.LOWER:
        value = -limit.upper
    if value is None:
        return describe_side(bound.side)
    return names.demanded(bound.key, words, value, unit_of_limit(limit, problem))


def _of_a_rule(key: LimitKey, words: str, side: Side, problem: AllocationProblem) -> str:
    line = next((item for item in problem.portfolio.lines if item.line_id == key.line_id), None)
    if key.structural_rule == StructuralRule.LINE_BOX:
        given = (line.minimum_fraction if side == Side.LOWER else line.maximum_fraction) if line else None
        return f"{words} {percent(given)} %" if given is not None else f"{words} what the caps leave"
    if key.structural_rule == StructuralRule.SLEEVE_REDEMPTION:
        sleeve = line.alpha_sleeve if line is not None else None
        gone = sleeve.redeemable_fraction if sleeve is not None else None
        return f"lets go {percent(gone)} % of NAV in this rebalance" if gone is not None else ""
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
