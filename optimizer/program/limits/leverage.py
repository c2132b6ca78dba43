"""The four leverage measures over NAV."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    FloatArray,
    LeverageDefinition,
    LeverageMeasure,
    Line,
    ScenarioScope,
)
from optimizer.program.limits.margin import piece_name
from optimizer.program.limits.stress import dense_rows, worth
from optimizer.program.lines import Lines
from optimizer.program.rows import Entries, InRow, Netted, Rows, one_row
from optimizer.program.shocks import Shocks, id_of


def leverage(lines: Lines, definition: LeverageDefinition, name: str) -> Rows:
    """Rows of one definition, without bounds."""
    match definition:
        case LeverageDefinition.GROSS_NOTIONAL:
            return _rows(
                lines, name, lines.each(_funded) + lines.each(_besides_beta), lines.each(_weighted_overlay)
            )
        case LeverageDefinition.COMMITMENT:
            return _commitment(lines, name)
        case LeverageDefinition.OVERLAY:
            return _rows(lines, name, lines.each(_account), lines.each(_overlay))
        case LeverageDefinition.NET:
            return _rows(lines, name, lines.each(_net), np.zeros(lines.count))


def stressed_leverage(lines: Lines, shocks: Shocks, measure: LeverageMeasure, name: str, most: float) -> Rows:
    """What counts after each state, less `most` of stressed NAV, at most zero."""
    states = shocks.states(measure.scenarios or ScenarioScope(base=True))
    today = leverage(lines, measure.definition, name)
    linear, absolute, pieces = [], [], []
    for row, state in enumerate(states):
        worth_now = worth(shocks, state)
        linear.append(_dense(today.linear, lines.count) * worth_now - most * shocks.after(state))
        if today.absolute is not None:
            absolute.append(_dense(today.absolute, lines.count) * worth_now)
        for item in today.pieces:
            if isinstance(item.piece, Netted):
                own = item.piece.rows
                scaled = Entries(own.count, own.row, own.column, own.value * worth_now[own.column])
                netted = Netted(piece_name("", id_of(state)), scaled, item.piece.offset)
                pieces.append(InRow(row, netted, item.value))
    return Rows(
        name,
        dense_rows(linear),
        np.full(len(states), -most),
        absolute=dense_rows(absolute) if absolute else None,
        pieces=tuple(pieces),
    )


def _dense(row: Entries, count: int) -> FloatArray:
    values = np.zeros(count)
    np.add.at(values, row.column, row.value)
    return values


def default_cap(lines: Lines) -> Rows | None:
    """Gross notional at most 1.5, unless a hard limit of the mandate caps gross notional itself."""
    for limit in lines.inputs.problem.mandate.limits:
        measure = limit.leverage
        capped = limit.upper is not None and limit.soft is None
        if capped and measure and measure.caps_gross_today:
            return None
    return lines.kept.get("default cap", lambda: _default_cap(lines))


def _default_cap(lines: Lines) -> Rows:
    name = "rule/DEFAULT_LEVERAGE_CAP"
    bare = leverage(lines, LeverageDefinition.GROSS_NOTIONAL, name)
    return Rows(name, bare.linear, bare.offset, absolute=bare.absolute, upper=DEFAULT_LEVERAGE_CAP)


def _rows(lines: Lines, name: str, linear: np.ndarray, absolute: np.ndarray) -> Rows:
    return Rows(name, lines.row(linear), np.zeros(1), absolute=one_row(absolute))


def _commitment(lines: Lines, name: str) -> Rows:
    """Funded and overlay lines of one underlying net; the rest counts as in gross notional."""
    members: dict[int, list[int]] = {}
    for index, line in enumerate(lines.portfolio.lines):
        if line.funded_beta is not None or line.overlay is not None:
            members.setdefault(int(lines.risk.underlying[index]), []).append(index)
    alone, netted = np.zeros(lines.count), []
    for underlying in sorted(members):
        if len(members[underlying]) == 1:
            alone[members[underlying]] = 1.0
        else:
            netted.append(members[underlying])
    column = np.array([index for lines_of in netted for index in lines_of], dtype=np.intp)
    row = np.repeat(np.arange(len(netted)), [len(lines_of) for lines_of in netted]).astype(np.intp)
    together = Entries(len(netted), row, column, np.ones(len(column)))
    return Rows(
        name,
        lines.row(lines.each(_besides_beta)),
        np.zeros(1),
        absolute=one_row(alone),
        pieces=(InRow(0, Netted(name, together, np.zeros(len(netted))), 1.0),) if netted else (),
    )


def _funded(line: Line) -> float:
    return float(line.funded_beta is not None)


def _overlay(line: Line) -> float:
    return float(line.overlay is not None)


def _account(line: Line) -> float:
    return float(line.alpha_sleeve is not None and line.alpha_sleeve.unfunded_account is not None)


def _net(line: Line) -> float:
    return float(line.funded_beta is not None or line.overlay is not None or line.alpha_sleeve is not None)


def _weighted_overlay(line: Line) -> float:
    if line.overlay is None:
        return 0.0
    return 1.0 if line.overlay.leverage_weight is None else line.overlay.leverage_weight


def _besides_beta(line: Line) -> float:
    """Sleeves at their own leverage, and tiers that are not cash equivalents."""
    if line.alpha_sleeve is not None:
        own = line.alpha_sleeve.look_through_leverage
        return 1.0 if own is None else own
    return float(line.reserve_tier is not None and not line.reserve_tier.cash_equivalent)
