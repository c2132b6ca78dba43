"""Which marks of a line still count: those that say what no later one says.

A mark of today that states a holding and its price leaves nothing of the holdings and prices of before, and
of older marks only the terms count that nobody has stated since. So the work on marks grows with what was
said of a line, and not with how often it was marked.
"""

from __future__ import annotations

import datetime

from counterpoise.model import ContractTerms, Line, LineMark


class Counting:
    """The marks of one line that count, gathered from the newest to the oldest."""

    def __init__(self, line: Line) -> None:
        self._contract = _contract_of(line)
        self._wanted = _states_of(line)
        """What older marks still have a say in."""
        self._rolled: set[tuple[int, int]] | None = None
        if self._contract is not None and self._contract.roll is not None:
            self._rolled = set()
        self._newest_first: list[tuple[LineMark, datetime.date]] = []

    @property
    def oldest_first(self) -> list[tuple[LineMark, datetime.date]]:
        """Marks with their days that leave what all of them leave."""
        return self._newest_first[::-1]

    def add(self, mark: LineMark, as_of_date: datetime.date) -> bool:
        """Take in a mark older than all so far; whether still older ones may count."""
        stated = self._stated(mark)
        rolled = self._rolls(mark)
        drifts = "amount" in self._wanted - stated
        if not self._newest_first or rolled or drifts or self._wanted & stated:
            self._newest_first.append((mark, as_of_date))
            # Counts and margins go by what one contract is worth on that day; what drifts, by the day before.
            needed = self._valued_by if drifts else self._valued_by - stated
            self._wanted = self._wanted - stated | needed
        return bool(self._wanted) or self._rolled is not None

    @property
    def _valued_by(self) -> set[str]:
        """What one unit is worth depends on these."""
        has_dv01 = self._contract is not None and self._contract.dv01_amount is not None
        return {"price", "dv01"} if has_dv01 else {"price"}

    def _stated(self, mark: LineMark) -> set[str]:
        stated = set()
        counted = mark.contract_count is not None or mark.unit_count is not None
        # Without contract terms a price that is not there is unknown, whatever it was before.
        has_unit = self._contract is not None or mark.price is not None
        if mark.market_value_amount is not None or (counted and has_unit):
            stated.add("amount")
        if mark.price is not None or self._contract is None:
            stated.add("price")
        if mark.dv01_amount is not None:
            stated.add("dv01")
        if mark.initial_margin_amount is not None:
            stated.add("margin")
        if mark.annual_financing_spread is not None:
            stated.add("spread")
        return stated

    def _rolls(self, mark: LineMark) -> bool:
        """Whether a mark names a contract that no later one names."""
        year, month = mark.contract_year, mark.contract_month
        if self._rolled is None or year is None or month is None or (year, month) in self._rolled:
            return False
        self._rolled.add((year, month))
        return True


def _contract_of(line: Line) -> ContractTerms | None:
    return None if line.overlay is None else line.overlay.contract


def _states_of(line: Line) -> set[str]:
    """What marks can say of a line."""
    states = {"amount", "price"}
    if line.overlay is not None:
        states.add("spread")
        contract = line.overlay.contract
        if contract is not None and contract.dv01_amount is not None:
            states.add("dv01")
        if contract is not None and line.overlay.initial_margin_rate is not None:
            states.add("margin")
    return states
