"""Boxes of positions that hold every allowed portfolio, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

from counterpoise.model import AllocationProblem, LeverageDefinition
from tests.reference.exact_box import Interval, exact
from tests.reference.structure import box


def wide_boxes(problem: AllocationProblem) -> dict[str, Interval]:
    """Own bounds; else twice what capital, or the cap on gross leverage, allows."""
    nav = exact(problem.portfolio.nav_amount)
    credit = sum(
        (
            exact(line.credit_line.committed_amount) / nav
            for line in problem.portfolio.lines
            if line.credit_line
        ),
        Fraction(0),
    )
    capital = 2 * (1 + credit)
    caps = [
        limit.upper
        for limit in problem.mandate.limits
        if limit.leverage is not None
        and limit.leverage.definition == LeverageDefinition.GROSS_NOTIONAL
        and limit.leverage.scenarios is None
        and limit.upper is not None
    ]
    cap = exact(min(caps, default=1.5))
    found: dict[str, Interval] = {}
    for line in problem.portfolio.lines:
        lower, upper = box(problem, line)
        most = capital
        if line.overlay is not None:
            weight = line.overlay.leverage_weight
            most = 2 * cap / (exact(weight) if weight is not None else 1)
        elif line.margin_pool_id and line.alpha_sleeve is not None:
            through = line.alpha_sleeve.look_through_leverage
            most = 2 * cap / (exact(through) if through is not None else 1)
        found[line.line_id] = (
            -most if lower is None else exact(lower),
            most if upper is None else exact(upper),
        )
    return found
