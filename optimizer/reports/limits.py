"""Every constraint at the answer: value, bounds, slack and shadow prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from counterpoise.model import FloatArray, LimitKey, LimitReport, Side, StructuralRule, Unit
from optimizer.measures.book import Book
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint, Prices

BINDING_TOLERANCE = 1e-6
"""A side binds when its slack is below this, in NAV fractions or what counts as much."""

_PRICED = 1e-9
_ALWAYS_SHOWN = {StructuralRule.CAPITAL_BUDGET, StructuralRule.DEFAULT_LEVERAGE_CAP}


def report_limits(
    book: Book, box: Box, constraints: tuple[Constraint, ...], prices: Prices, variables: FloatArray
) -> tuple[LimitReport, ...]:
    """Every member of the mandate's limits; structural rules where they bind at a price, lines at a bound."""
    reports: list[LimitReport] = []
    for constraint in constraints:
        members = [report for _, report in _members(constraint, prices, variables)]
        rule = constraint.keys[0].structural_rule
        if rule is None or rule in _ALWAYS_SHOWN:
            reports += members
        else:
            reports += [member for member in members if member.binding and _price(member) > _PRICED]
    return (*reports, *_boxes(book, box, prices, variables))


def report_measured(constraints: Iterable[Constraint], variables: FloatArray) -> tuple[LimitReport, ...]:
    """Every member of the mandate's limits at given positions, without prices; breaches are violations."""
    reports = []
    for constraint in constraints:
        if constraint.keys[0].limit_id is not None:
            missed = constraint.violation(variables)
            reports += [
                replace(
                    report, lower_shadow_price=None, upper_shadow_price=None, violation=float(missed[index])
                )
                for index, report in _members(constraint, None, variables)
            ]
    return tuple(reports)


def _price(report: LimitReport) -> float:
    return max(report.lower_shadow_price or 0.0, report.upper_shadow_price or 0.0)


def _members(
    constraint: Constraint, prices: Prices | None, variables: FloatArray
) -> Iterator[tuple[int, LimitReport]]:
    """Members with a value, by their number."""
    values, violations = constraint.values(variables), constraint.violation(variables)
    none = np.zeros(len(values))
    by_side = {} if prices is None else prices.by_side
    lower = by_side.get((constraint.name, Side.LOWER), none)
    upper = by_side.get((constraint.name, Side.UPPER), none)
    if constraint.over is not None:
        # One unit of the ratio is as many units of the rows as there is NAV left.
        upper = upper * constraint.over.values(variables)
    for index, key in enumerate(constraint.keys):
        report = _report(
            key,
            float(values[index]),
            constraint.unit,
            (constraint.lower, constraint.upper),
            (float(lower[index]), float(upper[index])),
        )
        missed = float(violations[index]) if constraint.priority else 0.0
        yield index, replace(report, priority=constraint.priority, violation=missed)


def _boxes(book: Book, box: Box, prices: Prices, variables: FloatArray) -> Iterator[LimitReport]:
    """Lines at a bound that the request or its defaults give; derived bounds are no one's rule."""
    for index, line in enumerate(book.problem.portfolio.lines):
        lower = None if box.derived_lower[index] else float(box.lower[index])
        upper = None if box.derived_upper[index] else float(box.upper[index])
        at_lower, at_upper = float(prices.box_lower[index]), float(prices.box_upper[index])
        # A minimum and a maximum are one rule with two sides; bounds of other origin have their own.
        sides: dict[StructuralRule, list[float | None]] = {StructuralRule.LINE_BOX: [None, None]}
        sides.setdefault(box.lower_rule[index], [None, None])[0] = lower
        sides.setdefault(box.upper_rule[index], [None, None])[1] = upper
        for rule, (below, above) in sides.items():
            key = LimitKey(structural_rule=rule, line_id=line.line_id)
            report = _report(
                key, float(variables[index]), Unit.NAV_FRACTION, (below, above), (at_lower, at_upper)
            )
            if report.binding:
                yield report


def _report(
    key: LimitKey,
    value: float,
    unit: Unit,
    bounds: tuple[float | None, float | None],
    prices: tuple[float, float],
) -> LimitReport:
    (lower, upper), (lower_price, upper_price) = bounds, prices
    lower_slack = None if lower is None else value - lower
    upper_slack = None if upper is None else upper - value
    worst = min([slack for slack in (lower_slack, upper_slack) if slack is not None], default=np.inf)
    return LimitReport(
        key=key,
        value=value,
        unit=unit,
        lower=lower,
        upper=upper,
        lower_slack=lower_slack,
        upper_slack=upper_slack,
        lower_shadow_price=None if lower is None else lower_price,
        upper_shadow_price=None if upper is None else upper_price,
        binding=worst * unit.weight < BINDING_TOLERANCE,
    )
