"""What the unit of a driver asks for: its own expected return, ranges of values, and scopes of one unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from counterpoise.model import Driver, DriverScope, DriverUnit, DriverValue, ErrorReason
from counterpoise.validate.names import Names, unit_of
from counterpoise.validate.ranges import Range
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.scopes import drivers_in
from counterpoise.validate.text import listed

_BASES: Final = ("annual_excess", "annual_total", "annual_basis_points")


def check_expected_return(driver: Driver, place: Place, report: Report) -> None:
    """Drivers in basis points expect basis points, and others do not."""
    unit, expected = unit_of(driver), driver.expected_return
    if unit is None or not usable(expected):
        return
    declared = [name for name in _BASES if getattr(expected, name) is not None]
    in_basis_points = unit is DriverUnit.BASIS_POINT
    if len(declared) != 1 or not usable(getattr(expected, declared[0])):
        return
    if (declared[0] == "annual_basis_points") is in_basis_points:
        return
    message = (
        "the driver is in basis points; write annual_basis_points, its expected move in a year"
        if in_basis_points
        else "the driver is in decimal returns; write annual_excess or annual_total, or unit: BASIS_POINT"
    )
    report.add((*place, "expected_return", declared[0]), ErrorReason.FIELDS_EXCLUSIVE, message)


def check_decimals(
    values: Sequence[DriverValue], decimal: Range, names: Names, place: Place, report: Report
) -> None:
    """Reports values of decimal returns that would be in range for basis points alone."""
    for index, item in enumerate(values):
        if not usable(item.value) or item.value <= decimal.high:
            continue
        driver = names.drivers.by_id.get(item.driver_id)
        at = (*place, index, "value")
        if driver is not None and unit_of(driver) is DriverUnit.RETURN and report.sound(at):
            message = f"{decimal.refusal(item.value)}, and a driver in basis points has unit: BASIS_POINT"
            report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)


def check_one_unit(scope: DriverScope, names: Names, place: Place, report: Report) -> None:
    """A scope that is sound does not add up or compare decimal returns and basis points."""
    units = names.drivers_of_units
    if not units[DriverUnit.BASIS_POINT]:
        return
    selected = drivers_in(scope, names)
    returns, basis_points = (
        sorted(units[unit] & selected) for unit in (DriverUnit.RETURN, DriverUnit.BASIS_POINT)
    )
    if returns and basis_points:
        message = (
            f"selects drivers of two units, decimal returns ({listed(returns)}) and basis points "
            f"({listed(basis_points)}); write a limit for each unit"
        )
        report.add(place, ErrorReason.FIELDS_EXCLUSIVE, message)
