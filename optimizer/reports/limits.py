"""Every constraint at the answer: value, bounds, slack and shadow prices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final

import numpy as np

from counterpoise.model import FloatArray, LimitKey, LimitReport, Side, StructuralRule, Unit
from optimizer.measures.book import Book
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint, Prices
from optimizer.reports.instances import instances
from optimizer.reports.listing import lines_of

BINDING_TOLERANCE = 1e-6
"""A side binds when its slack is below this, in NAV fractions or what counts as much."""

MISSED_TOLERANCE = 1e-6
"""A soft limit is missed by more than this, in the same."""

_PRICED = 1e-9
_ALWAYS_SHOWN = {StructuralRule.CAPITAL_BUDGET, StructuralRule.DEFAULT_LEVERAGE_CAP}


_REPORT: Final = (
    "key",
    "value",
    "unit",
    "lower",
    "upper",
    "lower_slack",
    "upper_slack",
    "lower_shadow_price",
    "upper_shadow_price",
    "binding",
    "priority",
    "violation",
)
_Row = tuple[object, ...]
"""The fields of a report, in order."""


class _Shown(Enum):
    """Which members of a constraint are shown."""

    ALL = "all"
    BINDING = "those that bind or are missed"
    PRICED = "those that bind at a price"


def report_limits(
    book: Book,
    box: Box,
    constraints: tuple[Constraint, ...],
    prices: Prices,
    variables: FloatArray,
    *,
    all_members: bool = True,
) -> tuple[LimitReport, ...]:
    """Every member of the mandate's limits; structural rules where they bind at a price, lines at a bound.

    Unless `all_members` are asked for, only those that bind or are missed.
    """
    rows: list[_Row] = []
    for constraint in constraints:
        rule = constraint.keys[0].structural_rule
        shown = _Shown.ALL if all_members else _Shown.BINDING
        if rule is not None and rule not in _ALWAYS_SHOWN:
            shown = _Shown.PRICED
        rows += _members(constraint, prices, variables, shown)
    rows += _boxes(book, box, prices, variables)
    return instances(LimitReport, _REPORT, rows)


def report_measured(constraints: Iterable[Constraint], variables: FloatArray) -> tuple[LimitReport, ...]:
    """Every member of the mandate's limits at given positions, without prices; breaches are violations."""
    rows: list[_Row] = []
    for constraint in constraints:
        if constraint.keys[0].limit_id is not None:
            rows += _members(constraint, None, variables, _Shown.ALL)
    return instances(LimitReport, _REPORT, rows)


def _members(
    constraint: Constraint, prices: Prices | None, variables: FloatArray, shown: _Shown
) -> list[_Row]:
    """One for each member. Without prices every violation is shown, with them those of soft limits."""
    lower_prices, upper_prices = _prices_of(constraint, prices, variables)
    if shown is _Shown.PRICED and not _priced(lower_prices, upper_prices):
        return []
    values, unit, priority = constraint.values(variables), constraint.unit, constraint.priority
    lower, upper, weight = constraint.lower, constraint.upper, constraint.unit.weight
    violations = [0.0] * len(values)
    if prices is None or priority:
        violations = constraint.violation(variables).tolist()
    rows: list[_Row] = []
    for key, value, lower_price, upper_price, violation in zip(
        constraint.keys, values.tolist(), lower_prices, upper_prices, violations, strict=True
    ):
        below = None if lower is None else value - lower
        above = None if upper is None else upper - value
        binding = _worst(below, above) * weight < BINDING_TOLERANCE
        if shown is _Shown.BINDING and not binding and not violation * weight > MISSED_TOLERANCE:
            continue
        if shown is _Shown.PRICED and not (binding and _priced([lower_price], [upper_price])):
            continue
        slacks_and_prices = (below, above, lower_price, upper_price)
        rows.append((key, value, unit, lower, upper, *slacks_and_prices, binding, priority, violation))
    return rows


def _prices_of(
    constraint: Constraint, prices: Prices | None, variables: FloatArray
) -> tuple[Sequence[float | None], Sequence[float | None]]:
    """Shadow prices of both sides by member; none of free sides."""
    count = len(constraint.keys)
    none: Sequence[float | None] = (None,) * count
    if prices is None:
        return none, none
    lower, upper, name = none, none, constraint.name
    if constraint.lower is not None:
        found = prices.by_side.get((name, Side.LOWER))
        lower = (0.0,) * count if found is None else found.tolist()
    if constraint.upper is not None:
        found = prices.by_side.get((name, Side.UPPER))
        if found is not None and constraint.over is not None:
            # One unit of the ratio is as many units of the rows as there is NAV left.
            found = found * constraint.over.values(variables)
        upper = (0.0,) * count if found is None else found.tolist()
    return lower, upper


def _priced(lower: Sequence[float | None], upper: Sequence[float | None]) -> bool:
    """Whether any of these shadow prices counts."""
    return any(price is not None and price > _PRICED for price in (*lower, *upper))


def _worst(below: float | None, above: float | None) -> float:
    """The smaller slack of bounded sides; infinite where both are free."""
    if below is None:
        return math.inf if above is None else above
    return below if above is None else min(below, above)


def _boxes(book: Book, box: Box, prices: Prices, variables: FloatArray) -> list[_Row]:
    """Lines at a bound that the request or its defaults give; derived bounds are no one's rule."""
    count = book.line_count
    h, lower, upper = variables[:count], box.lower[:count], box.upper[:count]
    below, above = h - lower, upper - h
    near = ~box.derived_lower & (below < BINDING_TOLERANCE)
    near |= ~box.derived_upper & (above < BINDING_TOLERANCE)
    at = np.flatnonzero(near)
    keys, rows = lines_of(book.problem.portfolio).box_keys, []
    free_below, free_above = box.derived_lower[at].tolist(), box.derived_upper[at].tolist()
    bottoms = zip(*(column[at].tolist() for column in (lower, below, prices.box_lower)), strict=True)
    tops = zip(*(column[at].tolist() for column in (upper, above, prices.box_upper)), strict=True)
    for index, value, no_lower, no_upper, given_bottom, given_top in zip(
        at.tolist(), h[at].tolist(), free_below, free_above, bottoms, tops, strict=True
    ):
        bottom = _FREE if no_lower else given_bottom
        top = _FREE if no_upper else given_top
        # A minimum and a maximum are one rule with two sides; bounds of other origin have their own.
        bottom_rule, top_rule = box.lower_rule[index], box.upper_rule[index]
        if bottom_rule is top_rule is StructuralRule.LINE_BOX:
            rows.append(_row(keys[index], value, bottom, top))
            continue
        for rule in dict.fromkeys((StructuralRule.LINE_BOX, bottom_rule, top_rule)):
            of_rule = bottom if rule is bottom_rule else _FREE, top if rule is top_rule else _FREE
            if min(_slack(of_rule[0]), _slack(of_rule[1])) < BINDING_TOLERANCE:
                key = keys[index]
                if rule is not StructuralRule.LINE_BOX:
                    key = LimitKey(structural_rule=rule, line_id=key.line_id)
                rows.append(_row(key, value, *of_rule))
    return rows


_Bound = tuple[float | None, float | None, float | None]
"""A side of a line's own bounds: where it is, its slack, its shadow price."""
_FREE: Final[_Bound] = (None, None, None)


def _slack(bound: _Bound) -> float:
    return math.inf if bound[1] is None else bound[1]


def _row(key: LimitKey, value: float, bottom: _Bound, top: _Bound) -> _Row:
    """Of a line at a bound."""
    (lower, below, lower_price), (upper, above, upper_price) = bottom, top
    both = (lower, upper, below, above, lower_price, upper_price)
    return (key, value, Unit.NAV_FRACTION, *both, True, 0, 0.0)
