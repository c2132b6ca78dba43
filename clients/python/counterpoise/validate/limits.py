"""Limits: their sides, and what their measures need."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import (
    Aggregation,
    ErrorReason,
    ExposureMeasure,
    Limit,
    LineKind,
    PositionMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
)
from counterpoise.validate.names import Names, kind_of
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.scopes import check_driver_scope, check_line_scope
from counterpoise.validate.text import shown


@dataclass(frozen=True)
class Facts:
    """What a measure says of its limit."""

    members: int = 1
    entries: int = 0
    """How many numbers it weighs lines by."""
    lower: bool = True
    upper: bool = True
    reference: bool = False
    variance: bool = False


def check_limit(limit: Limit, names: Names, place: Place, report: Report) -> Facts:
    """Checks one limit; the facts of its measure, of the first where it has several."""
    facts: list[Facts] = []
    if usable(limit.position):
        facts.append(_position(limit.position, names, (*place, "position"), report))
    if usable(limit.exposure):
        facts.append(_exposure(limit.exposure, names, (*place, "exposure"), report))
    if usable(limit.reference_beta):
        facts.append(Facts(reference=True, variance=True))
    if usable(limit.leverage):
        facts.append(Facts(lower=False))
    if usable(limit.risk):
        facts.append(_risk(limit.risk, names, (*place, "risk"), report))
    if usable(limit.reserve):
        facts.append(_reserve(limit.reserve, names, (*place, "reserve"), report))
    first = facts[0] if facts else Facts()
    _check_sides(limit, first, place, report)
    return first


def _check_sides(limit: Limit, facts: Facts, place: Place, report: Report) -> None:
    lower, upper = limit.lower, limit.upper
    if usable(lower) and not facts.lower:
        message = "from below the measure is not convex; leave lower out and bound it by upper alone"
        report.add((*place, "lower"), ErrorReason.SIDE_NOT_CONVEX, message)
    if usable(upper) and not facts.upper:
        message = "from above the measure is not convex; leave upper out and bound it by lower alone"
        report.add((*place, "upper"), ErrorReason.SIDE_NOT_CONVEX, message)
    if lower is None and upper is None:
        sides = "lower, upper or both" if facts.lower and facts.upper else "lower" if facts.lower else "upper"
        at = (*place, "lower" if facts.lower else "upper")
        report.add(at, ErrorReason.FIELD_MISSING, f"the limit has no bound; set {sides}")
    if facts.lower and facts.upper and usable(lower) and usable(upper) and lower > upper:
        message = f"{shown(upper)} is below lower {shown(lower)}; raise it or lower the other"
        report.add((*place, "upper"), ErrorReason.BOUNDS_CROSSED, message)


def _position(measure: PositionMeasure, names: Names, place: Place, report: Report) -> Facts:
    members = check_line_scope(measure.lines, names, (*place, "lines"), report)
    return _aggregated(measure.aggregation, members, members)


def _exposure(measure: ExposureMeasure, names: Names, place: Place, report: Report) -> Facts:
    members = check_driver_scope(measure.drivers, names, (*place, "drivers"), report)
    lines = check_line_scope(measure.lines, names, (*place, "lines"), report)
    relative = measure.relative_to_reference is True
    return _aggregated(measure.aggregation, members, members * lines, reference=relative)


def _aggregated(aggregation: Aggregation, members: int, entries: int, *, reference: bool = False) -> Facts:
    return Facts(
        members=members if aggregation is Aggregation.EACH else 1,
        entries=entries,
        lower=aggregation is not Aggregation.ABSOLUTE_SUM,
        reference=reference,
    )


def _risk(measure: RiskMeasure, names: Names, place: Place, report: Report) -> Facts:
    lines = check_line_scope(measure.lines, names, (*place, "lines"), report)
    drivers = check_driver_scope(measure.drivers, names, (*place, "drivers"), report)
    every = len(names.drivers.by_id)
    active = measure.statistic is RiskStatistic.ACTIVE_VOLATILITY
    if active and measure.lines is not None:
        message = "active volatility is of the whole portfolio; leave lines out, or limit total volatility"
        report.add((*place, "lines"), ErrorReason.FIELDS_EXCLUSIVE, message)
    # A scope of its own is a set of components of its own.
    entries = (lines or drivers) and every * ((drivers or every) + (lines or len(names.lines.by_id)))
    return Facts(entries=entries, lower=False, reference=active)


def _reserve(measure: ReserveMeasure, names: Names, place: Place, report: Report) -> Facts:
    place = (*place, "rates")
    ids = [item.line_id for item in measure.rates]
    names.lines.check(ids, place, report, "line_id")
    for index, name in enumerate(ids):
        line = names.lines.by_id.get(name)
        kind = kind_of(line) if line is not None else None
        if line is None or kind in {None, LineKind.OVERLAY} or line.unfunded is not None:
            continue
        message = f"{shown(name)} has no notional to reserve for; name overlays and unfunded sleeves alone"
        report.add((*place, index, "line_id"), ErrorReason.ID_UNKNOWN, message)
    return Facts(upper=False)
