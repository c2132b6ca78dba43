"""Measures of limits as rows, and volatilities as components of a norm."""

from __future__ import annotations

from counterpoise.model import (
    CounterpartyExposure,
    LeverageDefinition,
    LineKind,
    ReserveMeasure,
    TurnoverCount,
    TurnoverMeasure,
)
from tests.reference.conic_rows import Row, add
from tests.reference.conic_structure import Formulation, fund_leverage, gross_notional
from tests.reference.numbers import is_margined
from tests.reference.scopes import faced_by, reserve_rate, scope_rows


def reference_beta(formulation: Formulation) -> Row:
    """Beta of the exposures to the reference portfolio."""
    numbers = formulation.numbers
    covariances = numbers.covariance @ numbers.reference
    covariances = covariances / float(numbers.reference @ covariances)
    x = formulation.exposures(tuple(range(len(formulation.lines))))
    return {x[driver]: float(value) for driver, value in enumerate(covariances)}


def norm_components(
    formulation: Formulation, rows: tuple[int, ...], drivers: tuple[int, ...], *, active: bool, residual: bool
) -> list[tuple[Row, float]]:
    """What a volatility is the norm of."""
    columns, factor = formulation.factors(rows, drivers)
    offsets = factor.T @ formulation.numbers.reference[list(drivers)]
    components: list[tuple[Row, float]] = [
        ({column: 1.0}, -float(offset) if active else 0.0)
        for column, offset in zip(columns, offsets, strict=True)
    ]
    if residual:
        components += [(row, 0.0) for row in formulation.residuals(rows)]
    return components


def leverage(formulation: Formulation, definition: LeverageDefinition) -> Row:
    """Leverage in one of the four definitions."""
    if definition == LeverageDefinition.GROSS_NOTIONAL:
        return gross_notional(formulation)
    total: Row = {}
    underlyings: dict[str, list[int]] = {}
    for row, line in enumerate(formulation.lines):
        if definition == LeverageDefinition.OVERLAY:
            add(total, formulation.absolute(row) if is_margined(line) else {})
        elif definition == LeverageDefinition.NET:
            counts = line.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY, LineKind.ALPHA_SLEEVE)
            add(total, {row: 1.0} if counts else {})
        elif line.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY):
            underlyings.setdefault(line.underlying_id or f"\0{row}", []).append(row)
        else:
            add(total, fund_leverage(row, line))
    for rows in underlyings.values():
        net = dict.fromkeys(rows, 1.0)
        add(total, formulation.absolute(rows[0]) if len(rows) == 1 else formulation.epigraph(net, 0.0))
    return total


def at_stake(formulation: Formulation, counterparty_id: str, exposure: CounterpartyExposure) -> Row:
    """What a counterparty holds, or the absolute positions that face it."""
    total: Row = {}
    if exposure == CounterpartyExposure.POSTED_MARGIN:
        for pool in formulation.problem.portfolio.margin_pools:
            if pool.counterparty_id == counterparty_id:
                held = [key for key in formulation.posting if key[1] == pool.margin_pool_id]
                add(total, {formulation.posting[key]: 1.0 for key in held})
        return total
    for row, line in enumerate(formulation.lines):
        if faced_by(formulation.problem, line) == counterparty_id:
            add(total, formulation.absolute(row))
    return total


def turnover(formulation: Formulation, measure: TurnoverMeasure) -> Row:
    """Sum of absolute trades, or half of it."""
    total: Row = {}
    for row in scope_rows(formulation.problem, measure.lines):
        add(total, formulation.trade(row), 0.5 if measure.count == TurnoverCount.ONE_WAY else 1.0)
    return total


def reserve(formulation: Formulation, measure: ReserveMeasure) -> Row:
    """Reserve beyond the rule."""
    total: Row = {}
    for row, line in enumerate(formulation.lines):
        if line.reserve_tier is not None:
            add(total, {row: 1.0})
        elif is_margined(line):
            add(total, formulation.absolute(row), -reserve_rate(measure, line))
    if not measure.posted_margin_counts:
        add(total, dict.fromkeys(formulation.posting.values(), -1.0))
    return total
