"""What each line holds and is worth from marks to marks.

A holding is an amount in base currency that drifts with what one unit of it is worth: of lines with contract
terms the notional of one contract, of others the price.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from counterpoise.model import AllocationProblem, ContractTerms, Line, LineMark, Marks, Overlay
from optimizer.monitor.counting import Counting


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One line between two marks.

    `amount` is base currency, None where nobody has said; `price` is that of the last mark, None before the
    first and after a market value that came without one; `line` has the terms as last marked.
    """

    line: Line
    amount: float | None
    price: float | None
    valuation_date: datetime.date

    @property
    def unit_amount(self) -> float | None:
        """Base currency that one contract, or one unit, is worth; None where no price is known."""
        overlay = self.line.overlay
        return self.price if overlay is None or overlay.contract is None else overlay.contract_amount


def holdings_after(problem: AllocationProblem, marks: Sequence[Marks]) -> Mapping[str, Holding]:
    """Every line of a problem by its id after marks, oldest first; marks of other lines are passed over."""
    opening = {line.line_id: _opening(line, problem) for line in problem.portfolio.lines}
    counting = {line.line_id: Counting(line) for line in problem.portfolio.lines}
    asked = dict(counting)
    for item in reversed(marks):
        for mark in reversed(item.line_marks):
            line = asked.get(mark.line_id)
            if line is not None and not line.add(mark, item.as_of_date):
                del asked[mark.line_id]
    return {line_id: _after(holding, counting[line_id].oldest_first) for line_id, holding in opening.items()}


def _after(holding: Holding, oldest_first: Sequence[tuple[LineMark, datetime.date]]) -> Holding:
    for mark, as_of_date in oldest_first:
        holding = marked(holding, mark, as_of_date)
    return holding


def marked(holding: Holding, mark: LineMark, as_of_date: datetime.date) -> Holding:
    """A line after a mark of this day; what the mark leaves unset stays as it was."""
    line = holding.line
    if line.overlay is not None:
        line = replace(line, overlay=_marked_overlay(line.overlay, mark))
    after = replace(holding, line=line, price=mark.price, valuation_date=mark.valuation_date or as_of_date)
    return replace(after, amount=_amount(holding, after, mark))


def _opening(line: Line, problem: AllocationProblem) -> Holding:
    portfolio, fraction = problem.portfolio, line.current_fraction
    return Holding(
        line=line,
        amount=None if fraction is None else fraction * portfolio.nav_amount,
        price=None,
        # Unset means the day of the problem, and goes on meaning that day.
        valuation_date=line.valuation_date or portfolio.as_of_date,
    )


def _amount(before: Holding, after: Holding, mark: LineMark) -> float | None:
    """Amount that a mark states; where it states none, what was held times what one unit is worth now."""
    unit_amount = after.unit_amount
    if mark.market_value_amount is not None:
        return mark.market_value_amount
    count = mark.unit_count if mark.contract_count is None else mark.contract_count
    if count is not None and unit_amount is not None:
        return count * unit_amount
    if before.amount is None or before.unit_amount is None or unit_amount is None:
        return before.amount
    return before.amount * unit_amount / before.unit_amount


def _marked_overlay(overlay: Overlay, mark: LineMark) -> Overlay:
    spread = mark.annual_financing_spread
    if spread is not None:
        overlay = replace(overlay, annual_financing_spread=spread)
    if overlay.contract is None:
        return overlay
    overlay = replace(overlay, contract=_marked_contract(overlay.contract, mark))
    margin, notional = mark.initial_margin_amount, overlay.contract_amount
    if margin is None or not notional or overlay.initial_margin_rate is None:
        return overlay
    # Over the notional that positions count: so many contracts then need so many times their margin.
    return replace(overlay, initial_margin_rate=margin / notional)


def _marked_contract(contract: ContractTerms, mark: LineMark) -> ContractTerms:
    if mark.price is not None:
        contract = replace(contract, price=mark.price)
    if mark.dv01_amount is not None and contract.dv01_amount is not None:
        contract = replace(contract, dv01_amount=mark.dv01_amount)
    year, month = mark.contract_year, mark.contract_month
    if contract.roll is None or year is None or month is None:
        return contract
    if (year, month) == (contract.roll.contract_year, contract.roll.contract_month):
        return contract
    # What the terms say of the next contract was said of another one.
    rolled = replace(
        contract.roll, contract_year=year, contract_month=month, next_price=None, next_dv01_amount=None
    )
    return replace(contract, roll=rolled)
