"""The four leverage measures over NAV."""

from __future__ import annotations

import numpy as np

from counterpoise.model import DEFAULT_LEVERAGE_CAP, LeverageDefinition, Line
from optimizer.program.lines import Lines
from optimizer.program.rows import Entries, Rows, one_row


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


def default_cap(lines: Lines) -> Rows | None:
    """Gross notional at most 1.5, unless a hard limit of the mandate caps gross notional itself."""
    for limit in lines.inputs.problem.mandate.limits:
        measure = limit.leverage
        capped = limit.upper is not None and limit.soft is None
        if capped and measure and measure.definition is LeverageDefinition.GROSS_NOTIONAL:
            return None
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
    column = np.array([index for together in netted for index in together], dtype=np.intp)
    row = np.repeat(np.arange(len(netted)), [len(together) for together in netted]).astype(np.intp)
    return Rows(
        name,
        lines.row(lines.each(_besides_beta)),
        np.zeros(1),
        absolute=one_row(alone),
        pairs=Entries(len(netted), row, column, np.ones(len(column))) if netted else None,
        pairs_offset=np.zeros(len(netted)) if netted else None,
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
