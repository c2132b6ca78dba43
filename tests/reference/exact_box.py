"""Boxes of positions in exact rational arithmetic, wide where nobody gave a bound.

Where a problem gives no bound one is implied by its other rules, and twice that one is used here, so
that every allowed book is inside whatever tighter box a proof may have used:

- paid lines sum to 1 plus drawn credit, so none is above 2 (1 + credit);
- margin is carried by what is paid, so no margined line is above 2 (1 + credit) / margin rate, and
  gross leverage keeps it below 2 cap / leverage weight;
- a tier posts no more than it holds.
"""

from __future__ import annotations

from fractions import Fraction

from counterpoise.model import AllocationProblem, LeverageDefinition, Line
from tests.reference.numbers import is_margined, margin_terms

Interval = tuple[Fraction, Fraction]
DEFAULT_CAP = Fraction(3, 2)


def exact(value: float) -> Fraction:
    """The number that a double is."""
    return Fraction(float(value))


def boxes(problem: AllocationProblem) -> dict[str, Interval]:
    """Interval of every line; the wide one where the given bounds cross."""
    credit = sum(
        (
            exact(line.credit_line.committed_amount) / exact(problem.portfolio.nav_amount)
            for line in problem.portfolio.lines
            if line.credit_line is not None
        ),
        Fraction(0),
    )
    caps = [
        exact(limit.upper)
        for limit in problem.mandate.limits
        if limit.upper is not None
        and limit.soft is None
        and limit.leverage is not None
        and limit.leverage.definition == LeverageDefinition.GROSS_NOTIONAL
    ]
    cap = min(caps, default=DEFAULT_CAP)
    return {line.line_id: _box(problem, line, credit, cap) for line in problem.portfolio.lines}


def _box(problem: AllocationProblem, line: Line, credit: Fraction, cap: Fraction) -> Interval:
    lower, upper = _wide(problem, line, credit, cap)
    nav = exact(problem.portfolio.nav_amount)
    uppers = [upper]
    if line.maximum_fraction is not None:
        uppers.append(exact(line.maximum_fraction))
    if line.alpha_sleeve is not None and line.alpha_sleeve.capacity_amount is not None:
        uppers.append(exact(line.alpha_sleeve.capacity_amount) / nav)
    if line.credit_line is not None:
        uppers.append(exact(line.credit_line.committed_amount) / nav)
    given = lower if line.minimum_fraction is None else max(lower, exact(line.minimum_fraction))
    if given > min(uppers):
        # What was given crosses what is implied: no allowed position is lost by keeping what was given.
        return (given, given) if line.minimum_fraction is not None else (min(uppers), min(uppers))
    return given, min(uppers)


def _wide(problem: AllocationProblem, line: Line, credit: Fraction, cap: Fraction) -> Interval:
    paid = 2 * (1 + credit)
    if line.credit_line is not None:
        return Fraction(0), 2 * exact(line.credit_line.committed_amount) / exact(problem.portfolio.nav_amount)
    if not is_margined(line):
        return Fraction(0), paid
    bound = paid / exact(margin_terms(line)[1])
    weight: float | None = 1.0
    if line.overlay is not None:
        weight = line.overlay.leverage_weight
    elif line.alpha_sleeve is not None:
        weight = line.alpha_sleeve.look_through_leverage
    counted = Fraction(1) if weight is None else exact(weight)
    if counted > 0:
        # A cap below zero leaves nothing; its absolute value keeps the interval one.
        bound = min(bound, 2 * abs(cap) / counted)
    return (-bound if line.overlay is not None else Fraction(0)), bound
