"""What must hold of a question for a risk model."""

from __future__ import annotations

from counterpoise.model import (
    AlphaQuestion,
    Driver,
    DriverUnit,
    ErrorReason,
    MissingReturns,
    RiskModelQuestion,
    StressRegime,
)
from counterpoise.validate.cash import check_cash
from counterpoise.validate.driver_returns import check_driver_returns
from counterpoise.validate.evidence_rule import check_rule
from counterpoise.validate.history import check_history
from counterpoise.validate.namespace import Namespace, collect
from counterpoise.validate.question import check_apart, check_window, dates_of
from counterpoise.validate.regressions import check_regressions
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, shown


def check_estimation(question: RiskModelQuestion, place: Place, report: Report) -> None:
    """Everything that fields of a question say of each other; REJECTED parts are passed over."""
    columns = check_history(question.history, (*place, "history"), report)
    drivers = collect(question.drivers, "driver_id", (*place, "drivers"), report, whole="question")
    sleeve_ids, at = tuple(question.sleeve_ids), (*place, "sleeve_ids")
    ids = [driver.driver_id for driver in question.drivers]
    columns.check(ids, (*place, "drivers"), report, "driver_id", once=False)
    for index, driver in enumerate(question.drivers):
        if usable(driver):
            _check_driver(driver, (*place, "drivers", index), report)
    columns.check(sleeve_ids, at, report)
    check_apart(sleeve_ids, drivers.by_id, "driver", at, report)
    counted = {"driver": tuple(drivers.by_id), "sleeve": sleeve_ids}
    check_cash(question, counted, columns, place, report)
    at = (*place, "driver_groups")
    collect(question.driver_groups, "driver_group_id", at, report, whole="question")
    for index, group in enumerate(question.driver_groups):
        drivers.check(group.driver_ids, (*at, index, "driver_ids"), report)
    _check_missing(question, place, report)
    if usable(question.stress_regime):
        _check_regime(question, question.stress_regime, drivers, (*place, "stress_regime"), report)
    _check_floors(question, drivers, (*place, "volatility_floors"), report)
    if usable(question.evidence_rule):
        check_rule(question.evidence_rule, (*place, "evidence_rule"), report)
    _check_factors(question, drivers, (*place, "factor", "factor_count"), report)
    if check_driver_returns(question, place, report) and sleeve_ids:
        check_regressions(_regressions(question, drivers), place, report)


def _check_driver(driver: Driver, place: Place, report: Report) -> None:
    """Returns are decimals, so no driver is in basis points."""
    expected = driver.expected_return
    if driver.unit is DriverUnit.BASIS_POINT:
        message = (
            "in basis points, but a history holds decimal returns; write the returns of a bond index or "
            "future, and no unit"
        )
        report.add((*place, "unit"), ErrorReason.VALUE_MALFORMED, message)
    elif usable(expected) and expected.annual_basis_points is not None:
        message = "a history holds decimal returns; write annual_excess or annual_total"
        report.add((*place, "expected_return", "annual_basis_points"), ErrorReason.FIELDS_EXCLUSIVE, message)


def _check_missing(question: RiskModelQuestion, place: Place, report: Report) -> None:
    """Pairs have periods of their own in the sample covariance alone."""
    others = (question.exponential, question.ledoit_wolf, question.factor)
    if question.missing_returns is MissingReturns.PAIRWISE and any(map(usable, others)):
        message = (
            "PAIRWISE is for the sample covariance alone; write covariance sample, or missing_returns: "
            "COMMON_PERIODS"
        )
        report.add((*place, "missing_returns"), ErrorReason.FIELDS_EXCLUSIVE, message)


def _check_regime(
    question: RiskModelQuestion,
    regime: StressRegime,
    drivers: Namespace[Driver],
    place: Place,
    report: Report,
) -> None:
    if usable(regime.periods):
        at = (*place, "periods", "windows")
        collect(regime.periods.windows, "window_id", at, report, whole="question")
        dates = dates_of(question.history, (*place[:-1], "history"), report)
        for index, window in enumerate(regime.periods.windows):
            check_window(window, dates, (*at, index), report)
    if usable(regime.uniform):
        drivers.check(regime.uniform.growth_driver_ids, (*place, "uniform", "growth_driver_ids"), report)


def _check_floors(
    question: RiskModelQuestion, drivers: Namespace[Driver], place: Place, report: Report
) -> None:
    """Floors of known drivers and sleeves, none of which is in two of them."""
    collect(question.volatility_floors, "volatility_floor_id", place, report, whole="question")
    names = dict.fromkeys([*drivers.by_id, *(name for name in question.sleeve_ids if is_id(name))])
    complete = drivers.complete and drivers.named and usable(question.sleeve_ids)
    known = Namespace("driver or sleeve", names, complete, whole="question")
    first: dict[object, object] = {}
    for index, floor in enumerate(question.volatility_floors):
        at = (*place, index, "column_ids")
        known.check(floor.column_ids, at, report)
        for position, name in enumerate(floor.column_ids):
            if not is_id(name):
                continue
            other = first.setdefault(name, index)
            if other != index:
                message = f"{shown(name)} is in volatility_floors[{other}], too; keep one"
                report.add((*at, position), ErrorReason.ID_DUPLICATE, message)


def _check_factors(
    question: RiskModelQuestion, drivers: Namespace[Driver], place: Place, report: Report
) -> None:
    """Fewer factors than drivers."""
    count = question.factor.factor_count if usable(question.factor) else None
    if not usable(count) or not drivers.all_known or not report.sound(place):
        return
    if count >= len(drivers.by_id):
        message = (
            f"{shown(count)} factors of {len(drivers.by_id)} drivers explain nothing; write fewer factors "
            "than drivers, or covariance ledoit_wolf"
        )
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _regressions(question: RiskModelQuestion, drivers: Namespace[Driver]) -> AlphaQuestion:
    """The regressions of sleeves on drivers; its paths are those of the question."""
    return AlphaQuestion(
        history=question.history,
        sleeve_ids=question.sleeve_ids,
        factor_ids=tuple(drivers.by_id),
        cash_id=question.cash_id,
        factor_lag_count=question.factor_lag_count,
    )
