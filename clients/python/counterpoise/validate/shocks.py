"""Shocks of a scenario: in the unit of what moves, instant or by horizon, and all that are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from counterpoise.model import DriverShock, DriverUnit, ErrorReason, LineShock, MissingShockRule, Scenario
from counterpoise.validate.counts import HORIZONS
from counterpoise.validate.names import Names, unit_of
from counterpoise.validate.namespace import Namespace
from counterpoise.validate.ranges import SHOCK
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import listed, shown

T = TypeVar("T")


def check_shocks(
    scenario: Scenario, loaded: Sequence[str], names: Names, place: Place, report: Report
) -> None:
    """Known drivers and lines; `loaded` are the drivers that some line loads on, in the market's order."""
    drivers, at = scenario.driver_shocks, (*place, "driver_shocks")
    ids = [shock.driver_id for shock in drivers]
    known = names.drivers.check(ids, at, report, "driver_id", once=False)
    _check_points(drivers, "driver_id", names.drivers, at, report)
    _check_units(drivers, names, at, report)
    if known and usable(drivers):
        moved = set(ids)
        absent = [name for name in loaded if name not in moved]
        _check_rule(scenario, absent, names, at, report)
    lines, at = scenario.line_shocks, (*place, "line_shocks")
    names.lines.check([shock.line_id for shock in lines], at, report, "line_id", once=False)
    _check_points(lines, "line_id", names.lines, at, report)


def _check_points(
    shocks: Sequence[DriverShock | LineShock],
    id_field: str,
    named: Namespace[T],
    place: Place,
    report: Report,
) -> None:
    """One instant move of each thing, or one for every horizon and not too many."""
    points: dict[str, set[int | None]] = {}
    for index, shock in enumerate(shocks):
        name, days = getattr(shock, id_field), shock.horizon_trading_days
        if not isinstance(name, str) or not (days is None or usable(days)):
            continue
        others = points.setdefault(name, set())
        at = (*place, index, "horizon_trading_days")
        if days in others:
            when = "without a horizon" if days is None else f"by horizon {shown(days)}"
            where = (*place, index, id_field) if days is None else at
            report.add(where, ErrorReason.ID_DUPLICATE, f"{shown(name)} moves {when} twice; keep one")
            continue
        if (days is None) != (None in others) and others:
            message = (
                f"{shown(name)} has a move without a horizon, which holds at every one, and one with; "
                "write one instant move, or a horizon for each"
            )
            report.add(at, ErrorReason.FIELDS_EXCLUSIVE, message)
            continue
        others.add(days)
    for name, horizons in points.items():
        if len(horizons) > HORIZONS:
            message = f"{len(horizons)} moves of {shown(name)}, at most {HORIZONS} are taken; leave out some"
            report.add(place, ErrorReason.TOO_MANY, message, subjects=named.refs((name,)))


def _check_units(shocks: Sequence[DriverShock], names: Names, place: Place, report: Report) -> None:
    """Moves of decimal returns that would be in range for basis points alone."""
    for index, shock in enumerate(shocks):
        move, at = shock.shock, (*place, index, "shock")
        if not usable(move) or SHOCK.holds(move):
            continue
        driver = names.drivers.by_id.get(shock.driver_id)
        if driver is not None and unit_of(driver) is DriverUnit.RETURN and report.sound(at):
            message = f"{SHOCK.refusal(move)}, and a driver in basis points has unit: BASIS_POINT"
            report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _check_rule(
    scenario: Scenario, absent: Sequence[str], names: Names, place: Place, report: Report
) -> None:
    """What the rule asks of drivers without a shock; `absent` are those of them that lines load on."""
    rule = scenario.missing_shock_rule
    if rule is MissingShockRule.REGRESS and not scenario.driver_shocks:
        message = "empty, but REGRESS needs moves to regress on; write the move of at least one driver"
        report.add(place, ErrorReason.SHOCK_MISSING, message)
    if rule is MissingShockRule.REFUSE and absent:
        message = (
            f"lines load on {listed(absent)}, but there is no shock of that; write the move, 0 for none, "
            "or missing_shock_rule: REGRESS or UNCHANGED"
        )
        subjects = names.drivers.refs(absent[:10])
        report.add(place, ErrorReason.SHOCK_MISSING, message, subjects=subjects)
