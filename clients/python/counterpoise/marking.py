"""Marks of a portfolio out of the problem that describes it."""

from __future__ import annotations

import datetime

from counterpoise.model import AllocationProblem, Line, LineMark, Marks


def marks_of(problem: AllocationProblem, as_of_date: datetime.date) -> Marks:
    """The current positions of a problem as marks of another day: a start, or a day on which nothing moved.

    Lines with contract terms are held in whole contracts, round(x N / V) for a position x, a NAV of N and a
    contract of notional V, at the prices of their terms; all other lines at their market value x N. A line
    that says of which day its price is keeps that day: an appraisal does not become fresh by being repeated.
    The risk-free rate stays that of the problem.

    Raises ValueError for a line without a current position.
    """
    portfolio = problem.portfolio
    return Marks(
        as_of_date=as_of_date,
        nav_amount=portfolio.nav_amount,
        line_marks=tuple(_mark(line, portfolio.nav_amount) for line in portfolio.lines),
    )


def _mark(line: Line, nav_amount: float) -> LineMark:
    if line.current_fraction is None:
        raise ValueError(
            f"line {line.line_id}: current_fraction is unset; write the position now, 0 where there is none"
        )
    amount = line.current_fraction * nav_amount
    overlay = line.overlay
    if overlay is None or overlay.contract is None or overlay.contract_amount is None:
        return LineMark(line_id=line.line_id, market_value_amount=amount, valuation_date=line.valuation_date)
    return LineMark(
        line_id=line.line_id,
        price=overlay.contract.price,
        dv01_amount=overlay.contract.dv01_amount,
        contract_count=round(amount / overlay.contract_amount),
        valuation_date=line.valuation_date,
    )
