"""Finite bounds of every variable, each with the rule that it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

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
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.convex import read_only
from optimizer.measures.universe import Universe, overlay_weight, own_leverage

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
    cap = gross_cap(book.problem)
    cap = max(DEFAULT_LEVERAGE_CAP if cap is None else cap, 0.0)
    given = _GIVEN.get((book.universe,), lambda: _given(book.universe))
    by_cap = np.full(book.line_count, np.inf)
    np.divide(cap, given.weight, out=by_cap, where=given.weight > 0.0)
    implied = np.minimum(given.implied, by_cap)
    # A fund without leverage whose margin offsets others': as if each unit counted as one.
    open_upper = ~given.credit & ~np.isfinite(implied)
    implied[open_upper] = cap
    reach = _SLACK * implied
    overlay, top = book.is_kind(LineKind.OVERLAY), given.upper
    # What no allocation can reach is no one's bound: a capacity of a thousand times NAV.
    derived_upper = given.no_upper | (top > np.maximum(reach, np.where(given.no_lower, 0.0, given.lower)))
    # A maximum below everything the caps allow still leaves a box, though an empty program.
    least = np.where(overlay, -reach, 0.0)
    lower = np.where(given.no_lower, np.minimum(least, top), given.lower)
    upper = np.minimum(top, np.maximum(reach, lower))
    return Box(
        lower=np.concatenate([lower, np.zeros(len(book.postings.tier))]),
        upper=np.concatenate([upper, upper[book.postings.tier]]),
        derived_lower=given.no_lower & overlay,
        derived_upper=derived_upper,
        open_upper=open_upper,
        lower_rule=given.lower_rule,
        upper_rule=given.upper_rule,
    )


@dataclass(frozen=True, eq=False)
class _Given:
    """What the lines of a universe say of their bounds, whatever caps there are; shape (n,) each."""

    lower: FloatArray
    no_lower: BoolArray
    upper: FloatArray
    """Infinity where there is none."""
    no_upper: BoolArray
    implied: FloatArray
    """Most that budget and margin imply; infinity for credit lines, and where only a cap does."""
    weight: FloatArray
    """What a unit counts under a cap on gross leverage where that bounds the line, else 0."""
    credit: BoolArray
    lower_rule: tuple[StructuralRule, ...]
    upper_rule: tuple[StructuralRule, ...]


_GIVEN: Final = Recall[_Given](8)


def _given(universe: Universe) -> _Given:
    lines, nav = universe.portfolio.lines, universe.portfolio.nav_amount
    lowers = [_given_lower(line) for line in lines]
    uppers = [_given_upper(line, nav) for line in lines]
    lower = np.array([np.nan if bottom is None else bottom for bottom, _ in lowers])
    upper = np.array([np.inf if top is None else top for top, _ in uppers])
    credit, overlay = universe.is_kind(LineKind.CREDIT_LINE), universe.is_kind(LineKind.OVERLAY)
    geared = overlay | (universe.is_kind(LineKind.ALPHA_SLEEVE) & (universe.capital == 0.0))
    # What credit lines can bring is within their own maximum, too.
    capital = 1.0 + sum(
        min(
            line.credit_line.committed_amount / nav,
            np.inf if line.maximum_fraction is None else line.maximum_fraction,
        )
        for line in lines
        if line.credit_line is not None
    )
    implied = np.full(len(lines), capital)
    rate = universe.margin_rate
    implied[geared] = np.divide(capital, rate, out=np.full(len(lines), np.inf), where=rate > 0.0)[geared]
    implied[credit] = np.inf
    weights = (
        universe.each(overlay_weight, LineKind.OVERLAY),
        universe.each(own_leverage, LineKind.ALPHA_SLEEVE),
    )
    weight = np.where(overlay, *weights)
    return _Given(
        lower=read_only(lower),
        no_lower=read_only(np.isnan(lower)),
        upper=read_only(upper),
        no_upper=read_only(np.array([top is None for top, _ in uppers])),
        implied=read_only(implied),
        weight=read_only(np.where(geared, weight, 0.0)),
        credit=credit,
        lower_rule=tuple(rule for _, rule in lowers),
        upper_rule=tuple(rule for _, rule in uppers),
    )


def _given_lower(line: Line) -> tuple[float | None, StructuralRule]:
    """The minimum, or what a sleeve cannot let go where that is more."""
    sleeve, minimum = line.alpha_sleeve, line.minimum_fraction
    if sleeve is not None and sleeve.redeemable_fraction is not None and line.current_fraction is not None:
        kept = line.current_fraction - sleeve.redeemable_fraction
        if kept > (minimum or 0.0):
            return kept, StructuralRule.SLEEVE_REDEMPTION
    return minimum, StructuralRule.LINE_BOX


def _given_upper(line: Line, nav_amount: float) -> tuple[float | None, StructuralRule]:
    """The maximum, or capacity or commitment where that is less."""
    top, sleeve = line.maximum_fraction, line.alpha_sleeve
    if sleeve is not None and sleeve.capacity_amount is not None:
        capacity = sleeve.capacity_amount / nav_amount
        if top is None or capacity < top:
            return capacity, StructuralRule.SLEEVE_CAPACITY
    elif line.credit_line is not None:
        commitment = line.credit_line.committed_amount / nav_amount
        if top is None or commitment < top:
            return commitment, StructuralRule.CREDIT_COMMITMENT
    return top, StructuralRule.LINE_BOX
