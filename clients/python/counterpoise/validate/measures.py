"""What each measure needs, and what it says of the limit that has it."""

from __future__ import annotations

from counterpoise.model import (
    Aggregation,
    CounterpartyExposure,
    CounterpartyMeasure,
    ErrorReason,
    ExposureMeasure,
    FactorNeutralityMeasure,
    LineKind,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    TurnoverMeasure,
)
from counterpoise.validate.facts import Facts
from counterpoise.validate.names import Names, kind_of
from counterpoise.validate.report import Place, Report
from counterpoise.validate.scopes import check_driver_scope, check_line_scope
from counterpoise.validate.text import shown
from counterpoise.validate.units import check_one_unit


def position_facts(measure: PositionMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of positions of lines."""
    members = check_line_scope(measure.lines, names, (*place, "lines"), report)
    return _aggregated(measure.aggregation, members, members)


def exposure_facts(measure: ExposureMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of exposures to drivers of one unit."""
    members, lines = _check_exposures(measure, names, place, report)
    relative = measure.relative_to_reference is True
    return _aggregated(measure.aggregation, members, members * lines, reference=relative)


def neutrality_facts(measure: FactorNeutralityMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of exposures that are bounded on both sides, each driver by itself."""
    members, lines = _check_exposures(measure, names, place, report)
    return Facts(members=members, entries=members * lines, lower=False, symmetric=True)


def _check_exposures(
    measure: ExposureMeasure | FactorNeutralityMeasure, names: Names, place: Place, report: Report
) -> tuple[int, int]:
    """How many drivers and lines; 0 where that is not known."""
    drivers = check_driver_scope(measure.drivers, names, (*place, "drivers"), report)
    if drivers > 1:
        check_one_unit(measure.drivers, names, (*place, "drivers"), report)
    return drivers, check_line_scope(measure.lines, names, (*place, "lines"), report)


def _aggregated(aggregation: Aggregation, members: int, entries: int, *, reference: bool = False) -> Facts:
    return Facts(
        members=members if aggregation is Aggregation.EACH else 1,
        entries=entries,
        lower=aggregation is not Aggregation.ABSOLUTE_SUM,
        reference=reference,
    )


def beta_facts(_measure: ReferenceBetaMeasure, _names: Names, _place: Place, _report: Report) -> Facts:
    """Of the beta to the reference portfolio."""
    return Facts(reference=True, variance=True)


def reserve_facts(measure: ReserveMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of the reserve beyond what notional asks for."""
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


def counterparty_facts(measure: CounterpartyMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of what is at stake with counterparties, each by itself."""
    ids = measure.counterparty_ids
    names.counterparties.check(ids, (*place, "counterparty_ids"), report)
    if measure.exposure is CounterpartyExposure.POSTED_MARGIN:
        faced = frozenset(ids)
        pools = names.margin_pools.by_id.items()
        entries = sum(names.postings[name] for name, pool in pools if pool.counterparty_id in faced)
    else:
        entries = sum(map(len, names.lines_facing(ids)))
    return Facts(members=len(ids), entries=entries, lower=False)


def turnover_facts(measure: TurnoverMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of trades away from current positions."""
    lines = check_line_scope(measure.lines, names, (*place, "lines"), report)
    return Facts(entries=lines, lower=False, trades=lines > 0)
