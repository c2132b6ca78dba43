"""Rolls of quarterly contracts: when they are due, and how much of the next one matches what is held.

Days are Mondays to Fridays: the days on which an exchange is closed are not known here, so that a roll
may fall on one of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from counterpoise.model import AllocationProblem, ContractRoll, ContractTerms, Overlay, RollAnchor, RollTerms
from optimizer.rebalance.trading.lots import whole_contracts

_MONTH_CODES = {3: "H", 6: "M", 9: "U", 12: "Z"}
_LAST_YEAR = 9998
"""Of contracts, as the contract bounds it: the days around them are all on the calendar."""


def next_contract(year: int, month: int) -> tuple[int, int]:
    """Year and month of the next quarterly contract: of 3, 6, 9 and 12 the next one."""
    return (year + 1, 3) if month == 12 else (year, month + 3)


def contract_code(year: int, month: int) -> str:
    """Month code (H, M, U, Z) and year, as in `Z2025`."""
    return f"{_MONTH_CODES[month]}{year}"


def roll_date(terms: RollTerms) -> datetime.date:
    """First day of the roll out of the contract that is held.

    So many Mondays to Fridays lie from it to the anchor, the anchor not counted. It is never after the
    anchor: nothing counted back from a Saturday or Sunday is the Friday before.
    """
    first = datetime.date(terms.contract_year, terms.contract_month, 1)
    if terms.anchor is RollAnchor.THIRD_FRIDAY:
        anchor = first + datetime.timedelta(days=(4 - first.weekday()) % 7 + 14)
    else:
        anchor = first
    # A weekend anchor is taken as the Friday before it, which is the first weekday that is counted back.
    on_weekend = anchor.weekday() > 4
    counted = max(terms.weekdays_before - on_weekend, 0)
    found = np.busday_offset(np.datetime64(anchor), -counted, roll="backward")
    return datetime.date.fromisoformat(str(found))


def roll_dates(terms: RollTerms, start: datetime.date, end: datetime.date) -> tuple[datetime.date, ...]:
    """Roll dates from the contract that is held on, those within [start, end], earliest first."""
    found = []
    for contract in _from(terms):
        date = roll_date(contract)
        if date > end:
            break
        if date >= start:
            found.append(date)
    return tuple(found)


def rolled_count(before: int, after: int) -> int:
    """What of a line is rolled: what was held before the trades and is still held after them."""
    if before * after <= 0:
        return 0
    return before if abs(before) <= abs(after) else after


def traded_contract(terms: RollTerms, as_of: datetime.date, *, adds: bool) -> str:
    """Code of the contract that a trade is in: what it adds, in the one that a roll that is due leads to."""
    held = contract_code(terms.contract_year, terms.contract_month)
    if not adds:
        return held
    current = _current(terms, as_of)
    return contract_code(current.contract_year, current.contract_month)


def due_rolls(problem: AllocationProblem, rolled: Mapping[int, int]) -> tuple[ContractRoll, ...]:
    """Rolls at or before the portfolio's as-of date, in line order.

    `rolled` are signed whole contracts by line index, as `rolled_count` has them: what the trades close is
    closed in the contract that is held, what they add is added in the next. All that is rolled goes out; of
    the next contract comes in the whole count next to count * value of the held contract / value of the next
    one, where the value is the DV01 if the line matches DV01, else the price. A line that is several rolls
    behind goes straight to the contract that is current, at the values of the next.
    """
    as_of = problem.portfolio.as_of_date
    rolls = []
    for index, line in enumerate(problem.portfolio.lines):
        overlay, count = line.overlay, rolled.get(index, 0)
        contract = None if overlay is None else overlay.contract
        terms = None if contract is None else contract.roll
        if overlay is None or contract is None or terms is None or not count or roll_date(terms) > as_of:
            continue
        current = _current(terms, as_of)
        if current == terms:
            continue  # the last contract that there is a name for
        rolls.append(
            ContractRoll(
                line_id=line.line_id,
                symbol=contract.symbol,
                from_contract=contract_code(terms.contract_year, terms.contract_month),
                to_contract=contract_code(current.contract_year, current.contract_month),
                roll_date=roll_date(terms),
                from_contract_count=-count,
                to_contract_count=whole_contracts(count * _value_ratio(overlay, contract, terms)),
            )
        )
    return tuple(rolls)


def _current(terms: RollTerms, as_of: datetime.date) -> RollTerms:
    """The first contract, from the one that is held on, whose roll is yet to come."""
    return next(item for item in _from(terms) if roll_date(item) > as_of or _is_last(item))


def _from(terms: RollTerms) -> Iterator[RollTerms]:
    """The same terms for the contract that is held and for those after it."""
    yield terms
    while not _is_last(terms):
        year, month = next_contract(terms.contract_year, terms.contract_month)
        terms = replace(terms, contract_year=year, contract_month=month)
        yield terms


def _is_last(terms: RollTerms) -> bool:
    return (terms.contract_year, terms.contract_month) == (_LAST_YEAR, 12)


def _value_ratio(overlay: Overlay, contract: ContractTerms, terms: RollTerms) -> float:
    """Value of the held contract over that of the next one, in what the line matches."""
    if contract.dv01_amount is not None and overlay.duration_years is not None:
        return contract.dv01_amount / (terms.next_dv01_amount or contract.dv01_amount)
    return contract.price / (terms.next_price or contract.price)
