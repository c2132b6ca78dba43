"""Scenarios: their shocks, and what they do to margins and to lines that use capital."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    ErrorReason,
    Line,
    LineKind,
    LineValue,
    MarginMultiplier,
    TotalPortfolio,
)
from counterpoise.validate.names import Names, kind_of
from counterpoise.validate.pools import method_of
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.shocks import check_shocks
from counterpoise.validate.text import shown

_CAPITAL: Final = "a funded line, a funded sleeve or a reserve tier"


def check_scenarios(problem: AllocationProblem, names: Names, report: Report) -> None:
    """Every scenario for itself."""
    if not problem.scenarios:
        return
    used = _loaded(problem.portfolio)
    loaded = [name for name in names.drivers.by_id if name in used]
    for index, scenario in enumerate(problem.scenarios):
        if not usable(scenario):
            continue
        place = ("scenarios", index)
        check_shocks(scenario, loaded, names, place, report)
        _check_multipliers(scenario.margin_multipliers, names, (*place, "margin_multipliers"), report)
        _check_lines(scenario.gated_shares, names, (*place, "gated_shares"), report, credit=True)
        _check_lines(scenario.haircut_add_ons, names, (*place, "haircut_add_ons"), report, credit=False)


def _loaded(portfolio: TotalPortfolio) -> set[str]:
    """Ids of the drivers that some line loads on, as far as loadings can be read."""
    ids = {
        item.driver_id
        for line in portfolio.lines
        for item in line.loadings
        if usable(item.value) and item.value != 0 and isinstance(item.driver_id, str)
    }
    matrix = portfolio.loading_matrix
    if usable(matrix) and usable(matrix.row_ids) and usable(matrix.column_ids) and usable(matrix.values):
        values = np.asarray(matrix.values, dtype=float)
        columns = len(matrix.column_ids)
        if len(values) == len(matrix.row_ids) * columns:
            some = np.flatnonzero(np.any(values.reshape(-1, columns) != 0, axis=0))
            ids |= {matrix.column_ids[index] for index in some.tolist()}
    return ids


def _check_multipliers(
    multipliers: Iterable[MarginMultiplier], names: Names, place: Place, report: Report
) -> None:
    """Each target once: a pool, or a line that is margined by rate."""
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(multipliers):
        for field, named in (("line_id", names.lines), ("margin_pool_id", names.margin_pools)):
            name, at = getattr(item, field), (*place, index, field)
            if not usable(name) or not isinstance(name, str):
                continue
            if (field, name) in seen:
                message = f"{shown(name)} has a multiplier already; keep one"
                report.add(at, ErrorReason.ID_DUPLICATE, message)
                continue
            seen.add((field, name))
            known = named.check_one(name, at, report)
            if known and field == "line_id":
                _check_margined(names.lines.by_id[name], names, at, report)


def _check_margined(line: Line, names: Names, place: Place, report: Report) -> None:
    """Margin of a line alone exists where its pool is outright."""
    if kind_of(line) is None or not isinstance(line.margin_pool_id, str):
        return
    pool = names.margin_pools.by_id.get(line.margin_pool_id)
    message = ""
    if line.margin_pool_id == "":
        message = f"{shown(line.line_id)} is not margined; name an overlay, an unfunded sleeve or a pool"
    elif pool is not None and method_of(pool):
        message = (
            f"pool {line.margin_pool_id} of {shown(line.line_id)} margins by {method_of(pool)}, not by line; "
            "write margin_pool_id and multiply the pool"
        )
    if message:
        report.add(place, ErrorReason.ID_UNKNOWN, message)


def _check_lines(
    values: Sequence[LineValue], names: Names, place: Place, report: Report, *, credit: bool
) -> None:
    """Known lines that hold money: those that use capital, and credit lines where these count."""
    ids = [item.line_id for item in values]
    names.lines.check(ids, place, report, "line_id")
    for index, name in enumerate(ids):
        line = names.lines.by_id.get(name)
        kind = kind_of(line) if line is not None else None
        if line is None or kind is None or not isinstance(line.margin_pool_id, str):
            continue
        if line.margin_pool_id:
            why = "is margined and uses no capital"
        elif kind is LineKind.CREDIT_LINE and not credit:
            why = "is a credit line, which is not sold"
        else:
            continue
        wanted = f"{_CAPITAL}, or a credit line" if credit else _CAPITAL
        report.add((*place, index, "line_id"), ErrorReason.ID_UNKNOWN, f"{shown(name)} {why}; name {wanted}")
