"""Every constraint at the answer: value, bounds, slack and shadow prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

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


class _Row(NamedTuple):
    """The fields of a report, in order."""

    key: LimitKey
    value: float
    unit: Unit
    lower: float | None
    upper: float | None
    lower_slack: float | None
    upper_slack: float | None
    lower_shadow_price: float | None
    upper_shadow_price: float | None
    binding: bool
    priority: int
    violation: float

    @property
    def price(self) -> float:
        """The larger of its shadow prices."""
        return max(self.lower_shadow_price or 0.0, self.upper_shadow_price or 0.0)


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
        members = _members(constraint, prices, variables)
        if rule is not None and rule not in _ALWAYS_SHOWN:
            rows += [row for row in members if row.binding and row.price > _PRICED]
        elif all_members:
            rows += members
        else:
            rows += [row for row in members if row.binding or _missed(row)]
    rows += _boxes(book, box, prices, variables)
    return instances(LimitReport, _Row._fields, rows)


def report_measured(constraints: Iterable[Constraint], variables: FloatArray) -> tuple[LimitReport, ...]:
    """Every member of the mandate's limits at given positions, without prices; breaches are violations."""
    rows: list[_Row] = []
    for constraint in constraints:
        if constraint.keys[0].limit_id is not None:
            rows += _members(constraint, None, variables)
    return instances(LimitReport, _Row._fields, rows)


def _missed(row: _Row) -> bool:
    return row.violation * row.unit.weight > MISSED_TOLERANCE


def _members(constraint: Constraint, prices: Prices | None, variables: FloatArray) -> list[_Row]:
    """One for each member. Without prices every violation is shown, with them those of soft limits."""
    values, unit, weight = constraint.values(variables), constraint.unit, constraint.unit.weight
    lower, upper = constraint.lower, constraint.upper
    lower_prices, upper_prices = _prices_of(constraint, prices, variables, len(values))
    violations = [0.0] * len(values)
    if prices is None or constraint.priority:
        violations = constraint.violation(variables).tolist()
    rows = []
    for key, value, lower_price, upper_price, violation in zip(
        constraint.keys, values.tolist(), lower_prices, upper_prices, violations, strict=True
    ):
        below = None if lower is None else value - lower
        above = None if upper is None else upper - value
        binding = _worst(below, above) * weight < BINDING_TOLERANCE
        rows.append(
            _Row(
                key,
                value,
                unit,
                lower,
                upper,
                below,
                above,
                lower_price,
                upper_price,
                binding,
                constraint.priority,
                violation,
            )
        )
    return rows


def _prices_of(
    constraint: Constraint, prices: Prices | None, variables: FloatArray, count: int
) -> tuple[list[float | None], list[float | None]]:
    """Shadow prices of both sides by member; none of free sides."""
    none: list[float | None] = [None] * count
    if prices is None:
        return none, none
    zeros, name = np.zeros(count), constraint.name
    lower = prices.by_side.get((name, Side.LOWER), zeros)
    upper = prices.by_side.get((name, Side.UPPER), zeros)
    if constraint.over is not None:
        # One unit of the ratio is as many units of the rows as there is NAV left.
        upper = upper * constraint.over.values(variables)
    return (
        none if constraint.lower is None else lower.tolist(),
        none if constraint.upper is None else upper.tolist(),
    )


def _worst(below: float | None, above: float | None) -> float:
    """The smaller slack of bounded sides; infinite where both are free."""
    if below is None:
        return np.inf if above is None else above
    return below if above is None else min(below, above)


def _boxes(book: Book, box: Box, prices: Prices, variables: FloatArray) -> Iterator[_Row]:
    """Lines at a bound that the request or its defaults give; derived bounds are no one's rule."""
    count = book.line_count
    h, lowest, highest = variables[:count], box.lower[:count], box.upper[:count]
    near = ~box.derived_lower & (h - lowest < BINDING_TOLERANCE)
    near |= ~box.derived_upper & (highest - h < BINDING_TOLERANCE)
    at = np.flatnonzero(near)
    keys = lines_of(book.problem.portfolio).box_keys
    for index, value, bottom, top, lower_price, upper_price in zip(
        at.tolist(),
        h[at].tolist(),
        lowest[at].tolist(),
        highest[at].tolist(),
        prices.box_lower[at].tolist(),
        prices.box_upper[at].tolist(),
        strict=True,
    ):
        lower = None if box.derived_lower[index] else bottom
        upper = None if box.derived_upper[index] else top
        # A minimum and a maximum are one rule with two sides; bounds of other origin have their own.
        sides: dict[StructuralRule, list[float | None]] = {StructuralRule.LINE_BOX: [None, None]}
        sides.setdefault(box.lower_rule[index], [None, None])[0] = lower
        sides.setdefault(box.upper_rule[index], [None, None])[1] = upper
        for rule, (low, high) in sides.items():
            below = None if low is None else value - low
            above = None if high is None else high - value
            if _worst(below, above) < BINDING_TOLERANCE:
                key = keys[index]
                if rule is not StructuralRule.LINE_BOX:
                    key = LimitKey(structural_rule=rule, line_id=key.line_id)
                yield _Row(
                    key,
                    value,
                    Unit.NAV_FRACTION,
                    low,
                    high,
                    below,
                    above,
                    None if low is None else lower_price,
                    None if high is None else upper_price,
                    True,
                    0,
                    0.0,
                )
