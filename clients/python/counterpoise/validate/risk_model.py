"""What must hold inside the risk model, in each of its forms, and of the residuals that sleeves share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import (
    CorrelationRepair,
    DriverUnit,
    DriverValue,
    ErrorReason,
    FactorForm,
    LineKind,
    RiskModel,
    StressedCorrelation,
    SymmetricMatrix,
    VolatilityCorrelation,
)
from counterpoise.validate.counts import STRESSED_SLEEVES
from counterpoise.validate.matrices import check_correlation, check_covariance
from counterpoise.validate.names import Names, kind_of, unit_of
from counterpoise.validate.namespace import Namespace
from counterpoise.validate.ranges import BASIS_POINT_VOLATILITY, VOLATILITY
from counterpoise.validate.rectangles import check_cover, check_rectangular
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import shown
from counterpoise.validate.units import check_decimals


def check_risk_model(model: RiskModel, names: Names, place: Place, report: Report) -> None:
    """The covariance of the drivers, in the form that is set, and the correlation of residuals."""
    # A repair that could not be read may be one.
    repaired = model.repair is not None and model.repair is not CorrelationRepair.REFUSE
    if usable(model.volatility_correlation):
        at = (*place, "volatility_correlation")
        _check_volatility_correlation(model.volatility_correlation, names, at, report, repaired=repaired)
    if usable(model.annual_covariance):
        at = (*place, "annual_covariance")
        check_covariance(model.annual_covariance, names, at, report, repaired=repaired)
    if usable(model.factor_form):
        _check_factor_form(model.factor_form, names, (*place, "factor_form"), report)
    if usable(model.stressed_correlation):
        at = (*place, "stressed_correlation")
        _check_stressed(model.stressed_correlation, names, at, report, repaired=repaired)
    if usable(model.sleeve_residual_correlation):
        at = (*place, "sleeve_residual_correlation")
        check_sleeve_correlation(model.sleeve_residual_correlation, names, at, report)
        _check_underlyings(model.sleeve_residual_correlation, names, (*at, "axis_ids"), report)


def check_sleeve_correlation(matrix: SymmetricMatrix, names: Names, place: Place, report: Report) -> None:
    """A correlation whose axis names alpha sleeves."""
    check_correlation(matrix, names.lines, place, report, covers=False)
    for index, name in enumerate(matrix.axis_ids):
        line = names.lines.by_id.get(name)
        kind = kind_of(line) if line is not None else None
        if kind not in {None, LineKind.ALPHA_SLEEVE}:
            message = f"{shown(name)} is of kind {kind.name}; name alpha sleeves alone"
            report.add((*place, "axis_ids", index), ErrorReason.ID_UNKNOWN, message)


def _check_underlyings(matrix: SymmetricMatrix, names: Names, place: Place, report: Report) -> None:
    """Lines on one underlying have one residual, which stands on the axis once."""
    first: dict[str, str] = {}
    for index, name in enumerate(matrix.axis_ids):
        line = names.lines.by_id.get(name)
        if line is None or not line.underlying_id:
            continue
        other = first.setdefault(line.underlying_id, name)
        if other != name:
            message = (
                f"shares underlying_id {line.underlying_id} with {other}, and so its residual; "
                "name one of the two"
            )
            report.add(
                (*place, index), ErrorReason.ID_DUPLICATE, message, subjects=names.lines.refs((name, other))
            )


def _check_volatility_correlation(
    form: VolatilityCorrelation, names: Names, place: Place, report: Report, *, repaired: bool
) -> None:
    _check_volatilities(form.annual_volatilities, names, (*place, "annual_volatilities"), report)
    at = (*place, "correlation")
    check_correlation(form.correlation, names.drivers, at, report, covers=True, repaired=repaired)


def _check_stressed(
    stressed: StressedCorrelation, names: Names, place: Place, report: Report, *, repaired: bool
) -> None:
    """The correlation of bad times: of every driver, or one number and what counts as growth."""
    if usable(stressed.correlation):
        at = (*place, "correlation")
        check_correlation(stressed.correlation, names.drivers, at, report, covers=True, repaired=repaired)
    if usable(stressed.uniform):
        sleeves = len(names.kinds[LineKind.ALPHA_SLEEVE])
        if sleeves > STRESSED_SLEEVES:
            message = (
                f"{sleeves:,} sleeves, at most {STRESSED_SLEEVES:,} are taken in a uniform stress; write a "
                "correlation of the drivers instead"
            )
            report.add((*place, "uniform"), ErrorReason.TOO_MANY, message)
        growth = stressed.uniform.growth_driver_ids
        names.drivers.check(growth, (*place, "uniform", "growth_driver_ids"), report)


def _check_volatilities(
    volatilities: Sequence[DriverValue], names: Names, place: Place, report: Report
) -> None:
    if not usable(volatilities):
        return
    ids = [item.driver_id for item in volatilities]
    if names.drivers.check(ids, place, report, "driver_id"):
        check_cover(ids, names.drivers, place, report, reason=ErrorReason.FIELD_MISSING)
    check_decimals(volatilities, VOLATILITY, names, place, report)


def _check_factor_form(form: FactorForm, names: Names, place: Place, report: Report) -> None:
    _check_volatilities(form.specific_volatilities, names, (*place, "specific_volatilities"), report)
    if usable(form.loadings):
        matrix, at = form.loadings, (*place, "loadings")
        rows = (*at, "row_ids")
        if usable(matrix.row_ids) and names.drivers.check(matrix.row_ids, rows, report):
            check_cover(matrix.row_ids, names.drivers, rows, report, reason=ErrorReason.MATRIX_SHAPE)
        # Factors are known by this matrix alone.
        factors = Namespace("factor", dict.fromkeys(matrix.column_ids))
        factors.check(matrix.column_ids, (*at, "column_ids"), report)
        check_rectangular(matrix, at, report)
    if report.sound(place) and names.drivers.all_known:
        _check_total_volatilities(form, names, (*place, "loadings"), report)


def _check_total_volatilities(form: FactorForm, names: Names, place: Place, report: Report) -> None:
    """Volatilities of the drivers: by factors and specific ones together."""
    specific = {item.driver_id: item.value for item in form.specific_volatilities}
    ids = form.loadings.row_ids
    with np.errstate(over="ignore"):
        squares = np.square(form.loadings.to_array()).sum(axis=1)
        total = np.sqrt(squares + np.square([specific[name] for name in ids], dtype=float))
    for index in np.flatnonzero(~(total <= VOLATILITY.high)).tolist():
        in_decimals = unit_of(names.drivers.by_id[ids[index]]) is DriverUnit.RETURN
        interval = VOLATILITY if in_decimals else BASIS_POINT_VOLATILITY
        if not interval.holds(total[index]):
            message = (
                f"loadings and specific volatility of {shown(ids[index])} make a volatility of "
                f"{total[index]:.6g}, outside {interval}; write both annual and in the driver's unit"
            )
            report.add(
                (*place, "row_ids", index),
                ErrorReason.NUMBER_OUT_OF_RANGE,
                message,
                subjects=names.drivers.refs((ids[index],)),
            )
