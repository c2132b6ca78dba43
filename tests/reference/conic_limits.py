"""Limits of the mandate as rows and cones."""

from __future__ import annotations

import dataclasses

from counterpoise.model import (
    Aggregation,
    CounterpartyMeasure,
    ExposureMeasure,
    FactorNeutralityMeasure,
    LeverageMeasure,
    Limit,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
    TurnoverMeasure,
)
from tests.reference.conic_measures import (
    at_stake,
    leverage,
    norm_components,
    reference_beta,
    reserve,
    turnover,
)
from tests.reference.conic_rows import Cone, Row, add
from tests.reference.conic_structure import Formulation
from tests.reference.scopes import scope_columns, scope_rows


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
        elif isinstance(measure, FactorNeutralityMeasure):
            _add_neutrality(formulation, limit, measure)
        elif isinstance(measure, CounterpartyMeasure):
            for counterparty_id in measure.counterparty_ids:
                row = at_stake(formulation, counterparty_id, measure.exposure)
                add_bounds(formulation, limit, row, member=counterparty_id)
        else:
            add_bounds(formulation, limit, _single(formulation, measure))


def _single(
    formulation: Formulation,
    measure: ReferenceBetaMeasure | LeverageMeasure | TurnoverMeasure | ReserveMeasure,
) -> Row:
    if isinstance(measure, ReferenceBetaMeasure):
        return reference_beta(formulation)
    if isinstance(measure, LeverageMeasure):
        return leverage(formulation, measure.definition)
    if isinstance(measure, TurnoverMeasure):
        return turnover(formulation, measure)
    return reserve(formulation, measure)


def add_bounds(
    formulation: Formulation, limit: Limit, row: Row, *, member: str = "", constant: float = 0.0
) -> None:
    """`lower <= row + constant <= upper`."""
    name = f"{limit.limit_id}[{member}]" if member else limit.limit_id
    if limit.lower is not None and limit.lower == limit.upper and limit.soft is None:
        formulation.rows.equal.append((f"{name} target", row, limit.lower - constant))
        return
    if limit.lower is not None:
        negative = {column: -value for column, value in row.items()}
        add(negative, formulation.allowance(limit), -1.0)
        formulation.rows.at_most.append((f"{name} lower", negative, constant - limit.lower))
    if limit.upper is not None:
        allowed = add(dict(row), formulation.allowance(limit), -1.0)
        formulation.rows.at_most.append((f"{name} upper", allowed, limit.upper - constant))


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
    for driver in scope_columns(problem, measure.drivers):
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
    drivers = tuple(scope_columns(formulation.problem, measure.drivers))
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
            bound=(formulation.allowance(limit), limit.upper),
            components=components,
            scale=scale,
        )
    )


def _add_neutrality(formulation: Formulation, limit: Limit, measure: FactorNeutralityMeasure) -> None:
    """-upper <= exposure <= upper, driver by driver."""
    problem, loadings = formulation.problem, formulation.numbers.loadings
    rows = scope_rows(problem, measure.lines)
    both = dataclasses.replace(limit, lower=None if limit.upper is None else -limit.upper)
    for driver in scope_columns(problem, measure.drivers):
        exposure = {row: float(loadings[row, driver]) for row in rows}
        add_bounds(formulation, both, exposure, member=problem.market.drivers[driver].driver_id)
