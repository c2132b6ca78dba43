"""Scans of a margin pool: every line of it in each of them, and moves in both directions."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.model import ErrorReason, LineValue, MarginPool, ScanMargin
from counterpoise.validate.names import Names, kind_of
from counterpoise.validate.namespace import collect
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import listed, shown


def check_scans(pool: MarginPool, scan: ScanMargin, names: Names, place: Place, report: Report) -> None:
    """Distinct scans, each with a return of every line of the pool and of no other."""
    if not usable(scan.scan_scenarios):
        return
    collect(scan.scan_scenarios, "scan_scenario_id", place, report)
    lines = names.lines_of_pools.get(pool.margin_pool_id, frozenset())
    unread: set[str] = set()
    falling: set[str] = set()
    rising: set[str] = set()
    for index, scenario in enumerate(scan.scan_scenarios):
        if not usable(scenario) or not usable(scenario.returns):
            unread |= lines
            continue
        at = (*place, index, "returns")
        unread |= lines - _check_lines(scenario.returns, lines, names, at, report)
        unread |= {item.line_id for item in scenario.returns if not usable(item.value)}
        falling |= {item.line_id for item in scenario.returns if usable(item.value) and item.value < 0}
        rising |= {item.line_id for item in scenario.returns if usable(item.value) and item.value > 0}
    _check_directions(sorted(lines - unread - falling), sorted(lines - unread - rising), names, place, report)


def _check_lines(
    returns: Sequence[LineValue], lines: frozenset[str], names: Names, place: Place, report: Report
) -> frozenset[str]:
    """The lines of the pool that the returns name; reports those that are left out, and others."""
    ids = [item.line_id for item in returns]
    known = names.lines.check(ids, place, report, "line_id")
    for index, name in enumerate(ids):
        line = names.lines.by_id.get(name)
        # A line that does not say what it is may well be in the pool.
        if (
            line is not None
            and name not in lines
            and kind_of(line) is not None
            and usable(line.margin_pool_id)
        ):
            message = f"{shown(name)} is not margined by this pool; leave it out"
            report.add((*place, index, "line_id"), ErrorReason.ID_UNKNOWN, message)
    absent = sorted(lines - set(ids))
    if absent and known:
        message = f"has a return of every line of the pool but {listed(absent)}; add what is missing"
        report.add(place, ErrorReason.MARGIN_TERMS_MISSING, message, subjects=names.lines.refs(absent[:10]))
    return lines & set(ids)


def _check_directions(
    never_down: list[str], never_up: list[str], names: Names, place: Place, report: Report
) -> None:
    """A position that loses in no scan would need no margin, however large it is."""
    said = [f"{listed(never_down)} fall in no scan"] if never_down else []
    said += [f"{listed(never_up)} rise in no scan"] if never_up else []
    if said:
        message = (
            f"one direction only: {' and '.join(said)}; write for every line a scan with a negative return, "
            "in which long positions lose, and one with a positive return, in which short ones do"
        )
        subjects = names.lines.refs([*never_down[:10], *never_up[:10]])
        report.add(place, ErrorReason.MARGIN_TERMS_MISSING, message, subjects=subjects)
