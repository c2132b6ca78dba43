"""How far a point is beyond each constraint and its box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from counterpoise.model import BoolArray, FloatArray, LimitKey, StructuralRule, Unit
from optimizer.certificate.members import Members
from optimizer.measures.book import Book
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Point

VIOLATION_TOLERANCE = 1e-7
"""Largest violation of a constraint at a certified answer, NAV fraction."""


@dataclass(frozen=True)
class Residual:
    """The largest violation, as a fraction of NAV, and where it is (None when there is none)."""

    violation: float
    key: LimitKey | None


def worst_residual(
    book: Book, box: Box, constraints: Iterable[Constraint], variables: FloatArray
) -> Residual:
    """The largest violation over boxes and constraints.

    A violation is in its measure's unit, divided by the measure's steepest slope where that is
    above one: the distance in NAV fractions that would mend it. Exposures per basis point are divided
    by it always, because a basis point of the whole NAV is small. Only lines that can move count.
    """
    return residual_of(book, box, Members(constraints), Point(variables))


def residual_of(book: Book, box: Box, members: Members, point: Point) -> Residual:
    """The same of members that are laid out already, at a point that may know its images."""
    variables = point.variables
    worst = Residual(0.0, None)
    beyond = np.maximum(box.lower - variables, variables - box.upper)
    at = int(np.argmax(beyond))
    if beyond[at] > worst.violation:
        worst = Residual(float(beyond[at]), box_key(book, box, at, below=variables[at] < box.lower[at]))
    excess = members.excess(point)
    # What is no number is no excess that anybody could call small.
    broken = np.flatnonzero(~(excess <= 0.0))
    if len(broken):
        scaled = excess[broken] / members.scale(broken, point, box.lower < box.upper)
        scaled = np.where(np.isnan(scaled), np.inf, scaled)
        first = int(np.argmax(scaled))
        if scaled[first] > worst.violation:
            worst = Residual(float(scaled[first]), members.key(int(broken[first])))
    return worst


def box_key(book: Book, box: Box, at: int, *, below: bool) -> LimitKey:
    """The rule behind a bound of a variable."""
    line_ids, pools = book.problem.portfolio.line_ids, book.problem.portfolio.margin_pools
    if at < book.line_count:
        rule = box.lower_rule[at] if below else box.upper_rule[at]
        return LimitKey(structural_rule=rule, line_id=line_ids[at])
    posting = at - book.line_count
    return LimitKey(
        structural_rule=StructuralRule.COLLATERAL_SUPPLY,
        line_id=line_ids[book.postings.tier[posting]],
        margin_pool_id=pools[book.postings.pool[posting]].margin_pool_id,
    )


def violation_scale(constraint: Constraint, variables: FloatArray, free: BoolArray) -> FloatArray:
    """What violations are divided by, above zero, by member, shape (m,); `free` are lines that can move."""
    steepness = constraint.rows.steepness(variables, free)
    if constraint.unit is Unit.NAV_FRACTION_PER_BASIS_POINT:
        return np.where(steepness > 0.0, steepness, 1.0)
    return np.maximum(1.0, steepness)
