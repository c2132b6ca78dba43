"""What the weights of an explanation say of the mandate: bounds that there are, each once."""

from __future__ import annotations

from typing import Final

from counterpoise.model import (
    AllocationProblem,
    ErrorReason,
    ExplainInfeasibilityRequest,
    StructuralRule,
)
from counterpoise.validate.report import Report, usable
from counterpoise.validate.text import shown

MOVABLE_RULES: Final = frozenset({StructuralRule.LINE_BOX, StructuralRule.DEFAULT_LEVERAGE_CAP})
"""Rules whose bounds may move; every other one is a fact."""


def check_weights(request: ExplainInfeasibilityRequest, report: Report) -> None:
    """Origins that are known and may move, none twice."""
    problem: object = request.problem
    known = None
    if isinstance(problem, AllocationProblem) and usable(problem.mandate):
        limits = problem.mandate.limits
        if usable(limits) and all(usable(limit) for limit in limits):
            known = {limit.limit_id for limit in limits}
    seen: set[object] = set()
    for index, weight in enumerate(request.weights):
        place = ("weights", index)
        if not usable(weight) or not report.sound(place):
            continue
        origin: object = weight.limit_id if weight.limit_id is not None else weight.structural_rule
        field = "limit_id" if weight.limit_id is not None else "structural_rule"
        if origin is None or not report.sound((*place, field)):
            continue
        if origin in seen:
            message = f"{shown(origin)} has a weight already; keep one"
            report.add((*place, field), ErrorReason.ID_DUPLICATE, message)
        seen.add(origin)
        if weight.limit_id is not None and known is not None and weight.limit_id not in known:
            message = f"{shown(origin)} is no limit of the mandate; write the limit_id of one"
            report.add((*place, field), ErrorReason.ID_UNKNOWN, message)
        if weight.limit_id is None and weight.structural_rule not in MOVABLE_RULES:
            message = "this rule is a fact that never moves; write LINE_BOX or DEFAULT_LEVERAGE_CAP"
            report.add((*place, field), ErrorReason.ENUM_VALUE_INVALID, message)
