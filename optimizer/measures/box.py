"""Finite bounds of every variable, each with the rule that it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    AllocationProblem,
    BoolArray,
    FloatArray,
    Line,
    LineKind,
    StructuralRule,
)
from optimizer.measures.book import Book

_SLACK = 2.0
"""Derived bounds are this multiple of what the budget and the caps imply, so that only a problem
that is open on that side can touch them."""


@dataclass(frozen=True, eq=False)
class Box:
    """`lower <= v <= upper` for positions and postings; fractions of NAV, shape (n + E,)."""

    lower: FloatArray
    upper: FloatArray
    derived_lower: BoolArray
    """Where no one gave the bound, shape (n,)."""
    derived_upper: BoolArray
    open_upper: BoolArray
    """Derived ones that neither budget nor caps nor margin imply: the program has to be told."""
    lower_rule: tuple[StructuralRule, ...]
    """The rule behind each line's lower bound."""
    upper_rule: tuple[StructuralRule, ...]

    def widened(self, multiple: float) -> Box:
        """The same box with derived bounds of positions this much wider."""
        count = len(self.derived_lower)
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[:count][self.derived_lower] *= multiple
        upper[:count][self.derived_upper] *= multiple
        upper[count:] *= multiple
        return replace(self, lower=lower, upper=upper)

    def given(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds with infinity where something implies them; postings have none above."""
        count = len(self.derived_lower)
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[:count][self.derived_lower] = -np.inf
        upper[:count][self.derived_upper & ~self.open_upper] = np.inf
        upper[count:] = np.inf
        return lower, upper


def gross_cap(problem: AllocationProblem) -> float | None:
    """The tightest hard cap on gross notional leverage in the mandate; None where it has none."""
    caps = [
        limit.upper
        for limit in problem.mandate.limits
        if limit.leverage is not None
        and limit.leverage.caps_gross_today
        and limit.upper is not None
        and limit.soft is None
    ]
    return min(caps, default=None)


def box_of(book: Book) -> Box:
    """Bounds given by the request, and where it gives none those that budget and caps imply.

    Funded lines and tiers use at most 1 plus the credit that can be drawn; an overlay at most the
    gross cap over its leverage weight, and what the whole reserve could margin.
    """
    problem = book.problem
    nav = problem.portfolio.nav_amount
    cap = gross_cap(problem)
    cap = max(DEFAULT_LEVERAGE_CAP if cap is None else cap, 0.0)
    capital = 1.0 + sum(
        min(
            line.credit_line.committed_amount / nav,
            np.inf if line.maximum_fraction is None else line.maximum_fraction,
        )
        for line in problem.portfolio.lines
        if line.credit_line is not None
    )
    count = book.line_count
    lower, upper = np.zeros(count), np.zeros(count)
    derived_lower, derived_upper = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    open_upper = np.zeros(count, dtype=bool)
    lower_rules, upper_rules = [], []
    for index, line in enumerate(problem.portfolio.lines):
        implied = _implied(line, cap, capital, book.margin_rate[index])
        top, rule = _given_upper(line, nav)
        if line.credit_line is None and not np.isfinite(implied):
            # A fund without leverage whose margin offsets others': as if each unit counted as one.
            open_upper[index], implied = True, cap
        reach = _SLACK * implied
        # What no allocation can reach is no one's bound: a capacity of a thousand times NAV.
        bottom, lower_rule = _given_lower(line)
        derived_upper[index] = top is None or top > max(reach, bottom or 0.0)
        derived_lower[index] = bottom is None and line.kind is LineKind.OVERLAY
        if bottom is None:
            bottom = 0.0 if line.kind is not LineKind.OVERLAY else -reach
            # A maximum below everything the caps allow still leaves a box, though an empty program.
            bottom = bottom if top is None else min(bottom, top)
        lower[index] = bottom
        upper[index] = max(reach, bottom) if top is None else min(top, max(reach, bottom))
        lower_rules.append(lower_rule)
        upper_rules.append(rule)
    return Box(
        lower=np.concatenate([lower, np.zeros(len(book.postings.tier))]),
        upper=np.concatenate([upper, upper[book.postings.tier]]),
        derived_lower=derived_lower,
        derived_upper=derived_upper,
        open_upper=open_upper,
        lower_rule=tuple(lower_rules),
        upper_rule=tuple(upper_rules),
    )


def _implied(line: Line, cap: float, capital: float, margin_rate: float) -> float:
    by_margin = capital / margin_rate if margin_rate > 0.0 else np.inf
    if line.credit_line is not None:
        return np.inf
    if line.overlay is not None:
        weight = 1.0 if line.overlay.leverage_weight is None else line.overlay.leverage_weight
        return float(min(cap / weight, by_margin))
    if line.alpha_sleeve is not None and line.unfunded is not None:
        own = line.alpha_sleeve.look_through_leverage
        by_cap = np.inf if own == 0.0 else cap / (1.0 if own is None else own)
        return float(min(by_cap, by_margin))
    return capital


def _given_lower(line: Line) -> tuple[float | None, StructuralRule]:
    """The minimum, or what a sleeve cannot let go where that is more."""
    sleeve, minimum = line.alpha_sleeve, line.minimum_fraction
    if sleeve is not None and sleeve.redeemable_fraction is not None and line.current_fraction is not None:
        kept = line.current_fraction - sleeve.redeemable_fraction
        if kept > (minimum or 0.0):
            return kept, StructuralRule.SLEEVE_REDEMPTION
    return minimum, StructuralRule.LINE_BOX


def _given_upper(line: Line, nav_amount: float) -> tuple[float | None, StructuralRule]:
    given = [(line.maximum_fraction, StructuralRule.LINE_BOX)]
    if line.alpha_sleeve is not None and line.alpha_sleeve.capacity_amount is not None:
        given.append((line.alpha_sleeve.capacity_amount / nav_amount, StructuralRule.SLEEVE_CAPACITY))
    elif line.credit_line is not None:
        given.append((line.credit_line.committed_amount / nav_amount, StructuralRule.CREDIT_COMMITMENT))
    bounds = [(top, rule) for top, rule in given if top is not None]
    return min(bounds, key=lambda bound: bound[0], default=(None, StructuralRule.LINE_BOX))
