"""What trades, what that costs, and what keeps trades from going further."""

from __future__ import annotations

from collections.abc import Iterable

from counterpoise.command.layout import Section, largest, others
from counterpoise.model import (
    Allocation,
    AllocationProblem,
    LimitReport,
    Position,
    StructuralRule,
    TradingReport,
    TurnoverMeasure,
)
from counterpoise.wording.figures import DUST, Money, basis_points, in_unit, percent
from counterpoise.wording.names import Names
from counterpoise.wording.prices import brings, loosening

_SHOWN = 30
_BINDING = 1e-6
_LEAST_COST = 1e-8
"""A ten-thousandth of a basis point of NAV."""
_NOT_STATED = "-"
_AS_A_WHOLE = "only the whole is certified; the order is not part of it."
_KEPT_BY = {
    StructuralRule.SLEEVE_REDEMPTION: "redemption terms",
    StructuralRule.SLEEVE_CAPACITY: "manager's capacity",
}


def trades(allocation: Allocation, problem: AllocationProblem, names: Names, money: Money) -> Section | None:
    """From today's holdings to the answer; a table only where trades cost something or are kept back."""
    report = allocation.trading
    kept = {line.line_id: _kept_by(allocation, line) for line in allocation.positions}
    traded = [
        line
        for line in allocation.positions
        if line.change_fraction is not None and (abs(line.change_fraction) >= DUST or kept[line.line_id])
    ]
    costs = any((line.trading_cost_fraction or 0.0) >= _LEAST_COST for line in traded)
    unstated = costs and any(
        line.trading_cost_fraction is None and abs(line.change_fraction or 0.0) >= DUST for line in traded
    )
    limited = any(kept[line.line_id] for line in traded)
    if not traded or not (costs or limited or report):
        return None
    rows: list[tuple[float, tuple[str, ...]]] = []
    for line in traded if costs or limited else []:
        change = line.change_fraction or 0.0
        row: tuple[str, ...] = (
            names.line(line.line_id),
            percent(line.fraction - change),
            percent(line.fraction),
            percent(change, signed=True),
            money.cell_of(change, signed=True),
        )
        row += _cost_cells(line, change) if costs else ()
        row += (kept[line.line_id],) if limited else ()
        rows.append((change, row))
    columns: tuple[str, ...] = ("Trade, % of NAV", "today", "after", "change", money.heading)
    columns += ("cost, bp", "of trade") if costs else ()
    columns += ("Kept back by",) if limited else ()
    shown, hidden = largest(rows, _SHOWN)
    return Section(
        title="Trades",
        sentences=(*_together(report, problem, money), _in_part(kept.values())),
        columns=columns,
        rows=[*shown, *others(hidden, len(columns))],
        footnotes=(
            *(
                [f"{_NOT_STATED} marks lines without a stated trading cost: none is counted."]
                if unstated
                else []
            ),
            *_turnover_limits(allocation, problem, names, money),
        ),
        left=(0, len(columns) - 1) if limited else (0,),
    )


def _in_part(kept: Iterable[str]) -> str:
    """What may be left out of the trades, and what nobody has certified then."""
    redemption = any(_KEPT_BY[StructuralRule.SLEEVE_REDEMPTION] in words for words in kept)
    unless = " except where redemption terms bind" if redemption else ""
    return f"Every trade can be done in part{unless}, but {_AS_A_WHOLE}"


def _cost_cells(line: Position, change: float) -> tuple[str, str]:
    cost = line.trading_cost_fraction
    if abs(change) < DUST:
        return ("", "")
    if cost is None:
        return (_NOT_STATED, "")
    return (basis_points(cost, 2), basis_points(cost / abs(change)))


def _together(report: TradingReport | None, problem: AllocationProblem, money: Money) -> tuple[str, ...]:
    if report is None:
        return ("Some lines have no current holding, so turnover is not known.",)
    turnover = (
        f"Turnover from today's holdings: {percent(report.one_way_turnover_fraction)} % of NAV one-way, "
        f"{percent(report.two_way_turnover_fraction)} % two-way."
    )
    if report.cost_fraction < _LEAST_COST:
        return (f"{turnover} No trading cost is counted.",)
    years = problem.objective.holding_period_years
    cost = (
        f"It costs {basis_points(report.cost_fraction, 2)} bp of NAV once = {money.words(report.cost_amount)}"
    )
    if years is None:
        return (turnover, f"{cost}.")
    yearly = basis_points(report.cost_fraction / years, 2)
    period = f"{years:g} year{'s' if years != 1 else ''}"
    return (turnover, f"{cost}, {yearly} bp a year over a holding period of {period}.")


def _turnover_limits(
    allocation: Allocation, problem: AllocationProblem, names: Names, money: Money
) -> tuple[str, ...]:
    """How much of each turnover limit is used, and what more of it is worth."""
    notes = []
    for limit in allocation.limits:
        stated = names.stated(limit.key)
        if stated is None or not isinstance(stated.measure, TurnoverMeasure) or limit.upper is None:
            continue
        used = f"{in_unit(limit.value, limit.unit)} of {in_unit(limit.upper, limit.unit)}"
        step = loosening(limit, problem.objective)
        gain = brings(step.gain, problem.objective, money)
        price = "" if step.brings_nothing else f"; {step.signed} {gain}"
        notes.append(f"{names.limit(limit.key)}: {used} used{price}.")
    return tuple(notes)


def _kept_by(allocation: Allocation, line: Position) -> str:
    """Terms and bounds of the line that the trade has run into."""
    return ", ".join(
        words
        for limit in allocation.limits
        if limit.key.line_id == line.line_id and (words := _kept_by_limit(limit, line))
    )


def _kept_by_limit(limit: LimitReport, line: Position) -> str:
    rule = limit.key.structural_rule
    if rule is None or not limit.binding:
        return ""
    if rule == StructuralRule.LINE_BOX:
        change = line.change_fraction or 0.0
        slack = limit.upper_slack if change > 0 else limit.lower_slack
        sold_out = change < 0 and abs(line.fraction) < DUST
        at_bound = abs(change) >= DUST and slack is not None and slack < _BINDING and not sold_out
        return f"its {'largest' if change > 0 else 'least'} position" if at_bound else ""
    return _KEPT_BY.get(rule, "")
