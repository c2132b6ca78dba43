"""Scopes: they name known things, and select some of them."""

from __future__ import annotations

from collections.abc import Iterable, Set

from counterpoise.model import DriverScope, ErrorReason, LineScope, ScenarioScope
from counterpoise.validate.names import Names
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import shown

NOTHING: frozenset[str] = frozenset()


def check_line_scope(scope: LineScope | None, names: Names, place: Place, report: Report) -> int:
    """How many lines a scope selects; 0 where that is not known. None is no scope."""
    if not usable(scope):
        return 0
    sound = report.sound(place)
    groups, ids, faced = scope.line_group_ids, scope.line_ids, scope.counterparty_ids
    sound &= names.line_groups.check(groups, (*place, "line_group_ids"), report, once=False)
    sound &= names.lines.check(ids, (*place, "line_ids"), report, once=False)
    if faced:
        sound &= names.counterparties.check(faced, (*place, "counterparty_ids"), report, once=False)
    excluded, at = scope.excluded_line_ids, (*place, "excluded_line_ids")
    sound &= names.lines.check(excluded, at, report, once=False)
    if not sound or not names.lines.all_known or not all(name in names.lines_of_groups for name in groups):
        return 0
    named = bool(scope.kinds or groups or ids or faced)
    if scope.all_lines and named:
        _refuse_all(place, "all_lines", "kinds, line_group_ids, line_ids and counterparty_ids", report)
        return 0
    if not (scope.all_lines or named):
        message = "names no lines; name kinds, groups, counterparties or lines, or write all_lines: true"
        report.add(place, ErrorReason.SCOPE_EMPTY, message)
        return 0
    selected = _named_lines(scope, names)
    outside = [index for index, name in enumerate(excluded) if name not in selected]
    for index in outside:
        message = f"{shown(excluded[index])} is not among the lines that the scope names; leave it out"
        report.add((*at, index), ErrorReason.ID_UNKNOWN, message)
    left = len(selected) - len(set(excluded) & selected)
    if not left and not outside:
        why = "every line that it names is excluded" if selected else "the portfolio has no such line"
        report.add(place, ErrorReason.SCOPE_EMPTY, f"selects no line: {why}; name at least one that is left")
    return left


def lines_in(scope: LineScope, names: Names) -> Set[str]:
    """Ids of the lines that a scope selects, where `check_line_scope` knew how many."""
    return _named_lines(scope, names) - frozenset(scope.excluded_line_ids)


def _named_lines(scope: LineScope, names: Names) -> Set[str]:
    """Ids of the lines that a scope names, exclusions among them."""
    if scope.all_lines:
        return names.lines.by_id.keys()
    parts = [names.kinds[kind] for kind in scope.kinds]
    parts += [names.lines_of_groups[name] for name in scope.line_group_ids]
    if scope.counterparty_ids:
        parts += names.lines_facing(scope.counterparty_ids)
    return _union([*parts, frozenset(scope.line_ids)])


def check_driver_scope(scope: DriverScope | None, names: Names, place: Place, report: Report) -> int:
    """How many drivers a scope selects; 0 where that is not known. None is no scope."""
    if not usable(scope):
        return 0
    sound = report.sound(place)
    groups, ids = scope.driver_group_ids, scope.driver_ids
    sound &= names.driver_groups.check(groups, (*place, "driver_group_ids"), report, once=False)
    sound &= names.drivers.check(ids, (*place, "driver_ids"), report, once=False)
    known = names.drivers_of_groups
    if not sound or not names.drivers.all_known or not all(name in known for name in groups):
        return 0
    if scope.all_drivers and (groups or ids):
        _refuse_all(place, "all_drivers", "driver_group_ids and driver_ids", report)
        return 0
    if not (scope.all_drivers or groups or ids):
        message = "names no drivers; name groups or drivers, or write all_drivers: true"
        report.add(place, ErrorReason.SCOPE_EMPTY, message)
        return 0
    return len(drivers_in(scope, names))


def drivers_in(scope: DriverScope, names: Names) -> Set[str]:
    """Ids of the drivers that a scope selects, where `check_driver_scope` knew how many."""
    if scope.all_drivers:
        return names.drivers.by_id.keys()
    parts = [names.drivers_of_groups[name] for name in scope.driver_group_ids]
    return _union([*parts, frozenset(scope.driver_ids)])


def check_scenario_scope(
    scope: ScenarioScope | None, names: Names, place: Place, report: Report, *, base: bool = True
) -> int:
    """How many states a scope selects, the base state among them; 0 where that is not known.

    None is no scope; `base` says whether the base state may be named.
    """
    if not usable(scope):
        return 0
    sound = report.sound(place)
    ids, every = scope.scenario_ids, names.scenarios
    sound &= every.check(ids, (*place, "scenario_ids"), report, once=False)
    if scope.base is True and not base:
        message = "nothing is lost in the base state; leave base out and name scenarios"
        report.add((*place, "base"), ErrorReason.FIELDS_EXCLUSIVE, message)
    if not sound or not every.all_known:
        return 0
    if scope.all_scenarios and ids:
        message = "selects every scenario, so none may be named; leave out scenario_ids, or this"
        report.add((*place, "all_scenarios"), ErrorReason.FIELDS_EXCLUSIVE, message)
        return 0
    selected = len(every.by_id) if scope.all_scenarios else len(set(ids))
    if not (selected or scope.base):
        message = "names no scenarios; name some, or write all_scenarios: true"
        if scope.all_scenarios:
            message = "selects no scenario, because the problem has none; write one under scenarios"
        message += ", or base: true" if base else ""
        report.add(place, ErrorReason.SCOPE_EMPTY, message)
    return selected + (scope.base and base)


def _refuse_all(place: Place, field: str, others: str, report: Report) -> None:
    message = f"selects everything, so nothing else may be named; leave out {others}, or this"
    report.add((*place, field), ErrorReason.FIELDS_EXCLUSIVE, message)


def _union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    """The union; without a copy where only one part has members, as in most scopes."""
    filled = [part for part in parts if part]
    return filled[0] if len(filled) == 1 else NOTHING.union(*filled)
