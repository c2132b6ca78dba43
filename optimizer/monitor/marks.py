"""Marks against the problem of a job: whether they fit it, and the problem as they leave it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

from counterpoise.model import (
    AllocationProblem,
    EntityRef,
    ErrorReason,
    Line,
    LineMark,
    Marks,
    Violation,
)
from optimizer.monitor.holdings import Holding, holdings_after, marked

_Finding = tuple[str, ErrorReason, str]
"""Field of a line's mark, reason, message."""


def apply_marks(problem: AllocationProblem, marks: Sequence[Marks]) -> AllocationProblem:
    """The problem with the state that marks leave, oldest marks first; the same object without any.

    Each replaces what it marks: of the portfolio date and NAV, the risk-free rate, and of every line holding,
    price, margin, basis and valuation date. A line without a mark keeps its amount in base currency and the
    day of its price. Fractions are amounts over the last NAV. Marks of lines that the problem no longer has
    are passed over.
    """
    if not marks:
        return problem
    holdings, last = holdings_after(problem, marks), marks[-1]
    rates = [item.annual_risk_free_rate for item in marks if item.annual_risk_free_rate is not None]
    market = replace(problem.market, annual_risk_free_rate=rates[-1]) if rates else problem.market
    lines = tuple(_line_of(holdings[line.line_id], last.nav_amount) for line in problem.portfolio.lines)
    portfolio = replace(
        problem.portfolio, as_of_date=last.as_of_date, nav_amount=last.nav_amount, lines=lines
    )
    return replace(problem, market=market, portfolio=portfolio)


def _line_of(holding: Holding, nav_amount: float) -> Line:
    amount = holding.amount
    return replace(
        holding.line,
        current_fraction=None if amount is None else amount / nav_amount,
        valuation_date=holding.valuation_date,
    )


def marks_violations(
    marks: Marks, problem: AllocationProblem, today: datetime.date, before: Sequence[Marks] = ()
) -> tuple[Violation, ...]:
    """Where sound marks do not fit a job's problem, with paths from the request; `before` is oldest first.

    What is wrong with marks whatever the problem, `counterpoise.validate` says.
    """
    found = []
    if marks.as_of_date > today:
        message = f"{marks.as_of_date} is after today, {today}; write that day or an earlier one"
        found.append(
            Violation(field="marks.as_of_date", reason=ErrorReason.NUMBER_OUT_OF_RANGE, message=message)
        )
    holdings = holdings_after(problem, before)
    for index, mark in enumerate(marks.line_marks):
        found += [
            Violation(
                field=f"marks.line_marks[{index}].{field}",
                reason=reason,
                message=message,
                subjects=(EntityRef(line_id=mark.line_id),),
            )
            for field, reason, message in _findings(mark, holdings.get(mark.line_id), marks.as_of_date)
        ]
    return tuple(found)


def _findings(mark: LineMark, holding: Holding | None, day: datetime.date) -> Iterator[_Finding]:
    if holding is None:
        message = f"{mark.line_id!r} is no line of the job's problem; leave it out, or add it to the problem"
        yield "line_id", ErrorReason.ID_UNKNOWN, message
        return
    yield from _of_holding(mark, holding)
    yield from _of_terms(mark, holding.line)
    yield from _of_outcome(mark, marked(holding, mark, day))


def _of_holding(mark: LineMark, holding: Holding) -> Iterator[_Finding]:
    """Contracts of lines with contract terms, amounts or units of others, and something to drift from."""
    if holding.line.overlay is not None and holding.line.overlay.contract is not None:
        for field in ("market_value_amount", "unit_count"):
            if getattr(mark, field) is not None:
                message = "the line has contract terms and holds contracts; write contract_count instead"
                yield field, ErrorReason.FIELDS_EXCLUSIVE, message
    elif mark.contract_count is not None:
        message = "the line has no contract terms; write market_value_amount or unit_count instead"
        yield "contract_count", ErrorReason.FIELDS_EXCLUSIVE, message
    elif mark.market_value_amount is None and mark.unit_count is None and _cannot_drift(holding):
        message = (
            "unset, and what was held before cannot drift with price, since no price came with it; write the "
            "market value, or unit_count"
        )
        yield "market_value_amount", ErrorReason.FIELD_MISSING, message


def _cannot_drift(holding: Holding) -> bool:
    # Nothing is worth nothing at any price.
    return holding.unit_amount is None and holding.amount != 0.0


def _of_terms(mark: LineMark, line: Line) -> Iterator[_Finding]:
    """DV01, margin and basis of lines that have such terms."""
    overlay = line.overlay
    contract = None if overlay is None else overlay.contract
    if mark.dv01_amount is not None and (contract is None or contract.dv01_amount is None):
        message = "the line does not match DV01; leave it out, or write contract.dv01_amount in the problem"
        yield "dv01_amount", ErrorReason.FIELDS_EXCLUSIVE, message
    if mark.initial_margin_amount is not None:
        if contract is None:
            message = "the line has no contract terms, so that no margin is for one contract; leave it out"
            yield "initial_margin_amount", ErrorReason.FIELDS_EXCLUSIVE, message
        elif overlay is not None and overlay.initial_margin_rate is None:
            message = "the line's pool does not margin by rate; leave it out"
            yield "initial_margin_amount", ErrorReason.FIELDS_EXCLUSIVE, message
    if mark.contract_year is not None and (contract is None or contract.roll is None):
        message = "the line has no roll terms; leave it out, or write contract.roll in the problem"
        yield "contract_year", ErrorReason.FIELDS_EXCLUSIVE, message
    if mark.annual_financing_spread is not None and overlay is None:
        message = "the line is no overlay, and no financing is implied in its price; leave it out"
        yield "annual_financing_spread", ErrorReason.FIELDS_EXCLUSIVE, message


def _of_outcome(mark: LineMark, after: Holding) -> Iterator[_Finding]:
    """Terms of an overlay that the mark leaves within what a problem may hold."""
    overlay = after.line.overlay
    if overlay is None:
        return
    rate = overlay.initial_margin_rate
    if mark.initial_margin_amount is not None and rate is not None and rate > 1.0:
        message = f"is {rate:.6g} times the notional of one contract; write at most that notional"
        yield "initial_margin_amount", ErrorReason.NUMBER_OUT_OF_RANGE, message
    longs, shorts = overlay.annual_financing_spread, overlay.annual_short_financing_spread
    if mark.annual_financing_spread is not None and shorts is not None and shorts > longs:
        message = (
            f"{longs:.12g} is below annual_short_financing_spread {shorts:.12g} of the problem, so that long "
            "and short together would earn money; update the problem first"
        )
        yield "annual_financing_spread", ErrorReason.BOUNDS_CROSSED, message
