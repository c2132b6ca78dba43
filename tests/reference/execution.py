"""An order of execution walked step by step in plain loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from counterpoise.model import ExecutionStep, FloatArray, Line, LineKind, Side
from optimizer.certificate.residuals import violation_scale
from optimizer.measures.book import Book, open_book
from optimizer.measures.box import box_of
from optimizer.measures.limits import constraints_of
from optimizer.usecases.posted import with_postings
from tests.problems.rebalances import Rebalance
from tests.reference.book import Book as PlainBook
from tests.reference.comparison import hard_violations

TOLERANCE = 1e-7
SAME = 1e-9
"""What two ways to add the same numbers may differ by."""

NO_TRADE = 1e-9

SMALLEST_PART = 0.0499
"""Of a trade."""

Broken = dict[str, tuple[float, float]]
"""By name of a limit's member and side: beyond its bound in its unit, and in NAV fractions."""


class Walk:
    """A rebalance as somebody does it who knows only the steps."""

    def __init__(self, rebalance: Rebalance) -> None:
        self.rebalance = rebalance
        self.book: Book = open_book(rebalance.problem)
        self.lines: tuple[Line, ...] = rebalance.problem.portfolio.lines
        self.row = {line.line_id: row for row, line in enumerate(self.lines)}
        self.cash = self._cash()
        self._box = box_of(self.book)
        self._constraints = [item for item in constraints_of(self.book) if item.priority == 0]

    def _cash(self) -> list[int]:
        tiers = [row for row, line in enumerate(self.lines) if line.kind is LineKind.RESERVE_TIER]
        paying = [row for row in tiers if self.lines[row].reserve_tier.variation_margin_eligible]
        return paying or tiers[:1]

    def trades(self) -> dict[int, float]:
        """What has to be traded, by row."""
        nav, found = self.rebalance.problem.portfolio.nav_amount, {}
        for row in range(len(self.lines)):
            change = float(self.rebalance.end[row] - self.rebalance.start[row])
            amount = self.rebalance.contract_amounts.get(row)
            still = abs(change) <= NO_TRADE if amount is None else round(change * nav / amount) == 0
            if not still and row not in self.cash:
                found[row] = change
        return found

    def portfolios(self, steps: Sequence[ExecutionStep]) -> Iterator[FloatArray]:
        """Positions before the first step and after each."""
        wanted = self.trades()
        done = dict.fromkeys(wanted, 0.0)
        yield self._at(wanted, done)
        for step in steps:
            for trade in step.trades:
                done[self.row[trade.line_id]] += trade.fraction
            yield self._at(wanted, done)

    def _at(self, wanted: dict[int, float], done: dict[int, float]) -> FloatArray:
        """Tiers go with the trades from start to end; what money is beyond that the first ones take."""
        start, end = self.rebalance.start, self.rebalance.end
        positions = end.copy()
        money = 0.0
        for row in wanted:
            positions[row] = start[row] + done[row]
            money -= self.lines[row].capital_per_unit * done[row]
        whole = sum(abs(change) for change in wanted.values())
        share = sum(abs(change) for change in done.values()) / whole if wanted else 1.0
        if share > 1.0 - 1e-12:
            return positions
        for row in self.cash:
            positions[row] = (1.0 - share) * start[row] + share * end[row]
            money += float(start[row] - positions[row])
        for row in self.cash:
            low = min(float(self._box.lower[row]), float(positions[row]))
            high = max(float(self._box.upper[row]), float(positions[row]))
            moved = min(max(float(positions[row]) + money, low), high) - float(positions[row])
            positions[row] += moved
            money -= moved
        if self.cash:
            positions[self.cash[0]] += money
        return positions

    def broken(self, positions: FloatArray) -> Broken:
        """Hard limits and bounds that are broken by more than a certificate lets pass."""
        variables = with_postings(self.book, positions)
        free = self._box.lower < self._box.upper
        found: Broken = {}
        for place, value in enumerate(variables):
            below, above = self._box.lower[place] - value, value - self._box.upper[place]
            found[f"below {place}"] = (float(below), float(below))
            found[f"above {place}"] = (float(above), float(above))
        for constraint in self._constraints:
            for side in (Side.LOWER, Side.UPPER):
                if side not in constraint.sides:
                    continue
                beyond = constraint.excess(side, variables)
                scale = violation_scale(constraint, variables, free)
                for key, excess, divisor in zip(constraint.keys, beyond, scale, strict=True):
                    found[f"{side.name} {key}"] = (float(excess), float(excess / divisor))
        return {name: values for name, values in found.items() if values[1] > TOLERANCE}

    def second_opinion(self, positions: FloatArray) -> dict[str, float]:
        """The same of problems without stress, by measures that share no code with the service's."""
        posted, pools = self.book.postings, self.rebalance.problem.portfolio.margin_pools
        variables = with_postings(self.book, positions)
        postings = {
            (self.lines[tier].line_id, pools[pool].margin_pool_id): float(value)
            for tier, pool, value in zip(
                posted.tier, posted.pool, variables[self.book.line_count :], strict=True
            )
        }
        misses = hard_violations(PlainBook(self.rebalance.problem, positions, postings))
        return {name: miss for name, miss in misses.items() if miss > 1.01 * TOLERANCE}

    def faults(self, steps: Sequence[ExecutionStep]) -> Iterator[str]:
        """Everything that is wrong with an order of execution."""
        yield from self._sums(steps)
        yield from self._days(steps)
        opinion = not self.rebalance.problem.scenarios
        portfolios = list(self.portfolios(steps))
        before = self.broken(portfolios[0])
        missed = self.second_opinion(portfolios[0]) if opinion else {}
        for number, (step, positions) in enumerate(zip(steps, portfolios[1:], strict=True)):
            after = self.broken(positions)
            for name, (raw, counted) in after.items():
                was, counted_before = before.get(name, (0.0, 0.0))
                if raw > was + SAME * max(1.0, was) or counted > counted_before + SAME:
                    yield f"step {number}: {name} is broken by {raw}, was by {was}"
            largest = max((counted for _, counted in after.values()), default=0.0)
            if largest > 0.0 and abs(step.worst_hard_violation - largest) > SAME:
                yield f"step {number} says {step.worst_hard_violation}, measured {largest}"
            if opinion:
                also = self.second_opinion(positions)
                for name, miss in also.items():
                    if miss > missed.get(name, 0.0) + SAME:
                        yield f"step {number}: second opinion has {name} missed by {miss}"
                missed = also
            before = after
            yield from self._cash_faults(number, step, positions)

    def _cash_faults(self, number: int, step: ExecutionStep, positions: FloatArray) -> Iterator[str]:
        held = sum(
            float(positions[row])
            for row, line in enumerate(self.lines)
            if line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible
        )
        if abs(held - step.cash_fraction) > SAME:
            yield f"step {number} says cash {step.cash_fraction}, is {held}"

    def _sums(self, steps: Sequence[ExecutionStep]) -> Iterator[str]:
        """Parts of a trade add up to it, go one way, are no slivers, and are whole contracts."""
        nav, wanted = self.rebalance.problem.portfolio.nav_amount, self.trades()
        trades = [trade for step in steps for trade in step.trades]
        yield from (f"{trade.line_id} trades" for trade in trades if self.row[trade.line_id] not in wanted)
        yield from (
            f"{trade.line_id}: {trade.amount} is not {trade.fraction} of {nav}"
            for trade in trades
            if abs(trade.amount - trade.fraction * nav) > 1e-12 * nav
        )
        for row, change in wanted.items():
            name = self.lines[row].line_id
            own = [trade for trade in trades if trade.line_id == name]
            parts = np.array([trade.fraction for trade in own])
            if abs(parts.sum() - change) > SAME * abs(change) + 1e-15:
                yield f"{name}: {parts} is not {change}"
            if len(parts) > 1 and (parts / change).min() < SMALLEST_PART:
                yield f"{name}: {parts} has slivers or goes to and fro"
            amount = self.rebalance.contract_amounts.get(row)
            counts = [trade.contract_count for trade in own]
            if amount is None and set(counts) != {None}:
                yield f"{name} has no contracts, trades {counts}"
            if amount is not None and sum(counts) != round(change * nav / amount):
                yield f"{name}: {counts} contracts for {change * nav / amount}"

    def _days(self, steps: Sequence[ExecutionStep]) -> Iterator[str]:
        """Days never go back, and no money is spent before it is there."""
        days = [step.trading_day for step in steps]
        if days != sorted(days):
            yield f"days {days}"
        for row, change in self.trades().items():
            line = self.lines[row]
            earliest = money_day(self.rebalance, row, change)
            for step in steps:
                if (
                    any(trade.line_id == line.line_id for trade in step.trades)
                    and step.trading_day < earliest
                ):
                    yield f"{line.line_id} on day {step.trading_day}, its money comes on {earliest}"


def money_day(rebalance: Rebalance, row: int, change: float) -> int:
    """When the money of a sale or a draw is there."""
    line, held = rebalance.problem.portfolio.lines[row], float(rebalance.start[row])
    if line.capital_per_unit * change >= 0.0:
        return 0
    if not line.liquidity:
        return 1 if line.reserve_tier is not None and not line.reserve_tier.variation_margin_eligible else 0
    if line.credit_line is not None:
        held = line.credit_line.committed_amount / rebalance.problem.portfolio.nav_amount - held
    for point in line.liquidity:
        if point.available_share * held >= abs(change) - 1e-8 * held:
            return point.horizon_trading_days
    return line.liquidity[-1].horizon_trading_days
