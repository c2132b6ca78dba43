"""Limits of the mandate as rows and cones."""

from __future__ import annotations

from counterpoise.model import (
    Aggregation,
    ExposureMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineKind,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.conic_rows import Cone, Row, add
from tests.reference.conic_structure import Formulation, fund_leverage, gross_notional
from tests.reference.numbers import is_margined
from tests.reference.scopes import reserve_rate, scope_columns, scope_rows


def add_limits(formulation: Formulation) -> None:
    """Every limit of the mandate."""
    for limit in formulation.problem.mandate.limits:
        measure = limit.measure
        if isinstance(measure, PositionMeasure):
            _add_position(formulation, limit, measure)
        elif isinstance(measure, ExposureMeasure):
            _add_exposure(formulation, limit, measure)
        elif isinstance(measure, RiskMeasure):
            _add_risk(formulation, limit, measure)
        elif isinstance(measure, ReferenceBetaMeasure):
            covariances = formulation.numbers.covariance @ formulation.numbers.reference
            covariances = covariances / float(formulation.numbers.reference @ covariances)
            x = formulation.exposures(tuple(range(len(formulation.lines))))
            add_bounds(formulation, limit, {x[d]: float(value) for d, value in enumerate(covariances)})
        elif isinstance(measure, LeverageMeasure):
            add_bounds(formulation, limit, leverage(formulation, measure.definition))
        else:
            add_bounds(formulation, limit, reserve(formulation, measure))


def add_bounds(
    formulation: Formulation, limit: Limit, row: Row, *, member: str = "", constant: float = 0.0
) -> None:
    """`lower <= row + constant <= upper`."""
    name = f"{limit.limit_id}[{member}]" if member else limit.limit_id
    if limit.lower is not None and limit.lower == limit.upper:
        formulation.rows.equal.append((f"{name} target", row, limit.lower - constant))
        return
    if limit.lower is not None:
        negative = {column: -value for column, value in row.items()}
        formulation.rows.at_most.append((f"{name} lower", negative, constant - limit.lower))
    if limit.upper is not None:
        formulation.rows.at_most.append((f"{name} upper", row, limit.upper - constant))


def _add_position(formulation: Formulation, limit: Limit, measure: PositionMeasure) -> None:
    rows = scope_rows(formulation.problem, measure.lines)
    if measure.aggregation == Aggregation.EACH:
        for row in rows:
            add_bounds(formulation, limit, {row: 1.0}, member=formulation.lines[row].line_id)
        return
    total: Row = {}
    for row in rows:
        absolute = measure.aggregation == Aggregation.ABSOLUTE_SUM
        add(total, formulation.absolute(row) if absolute else {row: 1.0})
    add_bounds(formulation, limit, total)


def _add_exposure(formulation: Formulation, limit: Limit, measure: ExposureMeasure) -> None:
    problem, numbers = formulation.problem, formulation.numbers
    rows = tuple(scope_rows(problem, measure.lines))
    everything = len(rows) == len(formulation.lines)
    total: Row = {}
    offset = 0.0
    for driver in scope_columns(problem, measure):
        constant = -float(numbers.reference[driver]) if measure.relative_to_reference else 0.0
        if everything:
            row: Row = {formulation.exposures(rows)[driver]: 1.0}
        else:
            row = {line: float(numbers.loadings[line, driver]) for line in rows}
        if measure.aggregation == Aggregation.EACH:
            member = problem.market.drivers[driver].driver_id
            add_bounds(formulation, limit, row, member=member, constant=constant)
        elif measure.aggregation == Aggregation.ABSOLUTE_SUM:
            add(total, formulation.epigraph(row, constant))
        else:
            add(total, row)
            offset += constant
    if measure.aggregation != Aggregation.EACH:
        add_bounds(formulation, limit, total, constant=offset)


def _add_risk(formulation: Formulation, limit: Limit, measure: RiskMeasure) -> None:
    """|(L'(x - reference), residuals)| <= upper."""
    if limit.upper is None:
        return
    rows = tuple(scope_rows(formulation.problem, measure.lines))
    drivers = tuple(scope_columns(formulation.problem, measure))
    components = norm_components(
        formulation,
        rows,
        drivers,
        active=measure.statistic == RiskStatistic.ACTIVE_VOLATILITY,
        residual=measure.drivers is None,
    )
    scale = (limit.upper or 1.0) if formulation.scale_cones else 1.0
    formulation.rows.cones.append(
        Cone(
            name=f"{limit.limit_id} upper",
            bound=({}, limit.upper),
            components=components,
            scale=scale,
        )
    )


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
