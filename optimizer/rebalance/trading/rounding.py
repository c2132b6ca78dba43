"""A certified allocation in whole contracts and tickets, at the least loss that the mandate allows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import (
    FloatArray,
    LimitKey,
    MaximizeNetReturn,
    MaximizeUtility,
    RoundingMethod,
    StructuralRule,
    TradePolicy,
    Unit,
)
from optimizer.certificate.residuals import VIOLATION_TOLERANCE, worst_residual
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint, constraint_name
from optimizer.measures.limits import constraints_of
from optimizer.measures.objective import objective_of
from optimizer.rebalance.trading.lots import Room, lots_of, nearest, room_around
from optimizer.rebalance.trading.rounding_lift import Beyond
from optimizer.rebalance.trading.rounding_search import Found, Goal, Search
from optimizer.usecases.posted import with_postings

_STAYS = 1e-6
"""A line whose target is this close to where it is does not trade where it need not, NAV fraction."""

_NEAR = 3.0
"""Lines keep to this many of the largest contract or ticket around their targets at first."""

_LEAST_WIDTH = 0.002
_WIDER = 4.0
_ANYWHERE = np.inf

_SOFT_ROOM = 1e-9
"""What soft limits may be missed by more than at the target where that is possible."""

_SOFTER = (1e-3, 1e-2, np.inf)
"""And where it is not."""

_LAST_ROOM = 5e-8
"""What hard limits may be missed by where nothing keeps them exactly: half of what a certificate allows."""

_LISTED = 3
_REPAIR_SECONDS = 2.0


class NotTradable(Exception):
    """No whole number of contracts and tickets was found that keeps every hard limit."""

    def __init__(self, limits: tuple[LimitKey, ...], *, out_of_time: bool = False) -> None:
        names = ", ".join(constraint_name(key) for key in limits)
        found = "was found in time" if out_of_time else "was found"
        super().__init__(
            f"no whole number of contracts and tickets {found} that keeps every hard limit; rounding to "
            f"the nearest misses {names} most: loosen that, lower the ticket, or trade smaller contracts"
        )
        self.limits = limits
        """What rounding to the nearest misses, the most first."""


@dataclass(frozen=True, eq=False)
class Rounded:
    """A portfolio that can be traded."""

    variables: FloatArray
    """v = (h, y): positions, then postings, NAV fractions, shape (n + E,)."""
    contract_counts: dict[int, int]
    """Whole contracts held after the trades, by line index, for lines with contract terms."""
    method: RoundingMethod
    objective_loss: float
    """What the objective is worse than at the target, in its unit."""
    worst_hard_violation: float
    """Largest violation of a hard limit or bound, NAV fraction."""


@dataclass(frozen=True)
class _Level:
    """How much is given up to find a rounding."""

    width: float
    """Multiple of the narrowest room around targets."""
    still: bool = False
    """Lines that need not trade do not."""
    soft: float = _SOFT_ROOM
    """What soft limits may be missed by more than at the target, in their own unit; exposures per basis
    point in theirs times 10,000."""
    cash_free: bool = True
    slack: float = 0.0


def round_positions(book: Book, target: FloatArray, policy: TradePolicy | None, *, seconds: float) -> Rounded:
    """The best portfolio of whole contracts and tickets: least loss, or with bands least turnover.

    `target` are certified positions, shape (n,). An integer program finds it; where `seconds` are over
    first, the best that was found. It is never worse than `nearest_repaired` where that keeps soft limits
    as well. Raises NotTradable.
    """
    deadline = time.monotonic() + seconds
    task = _Task(book, target, policy)
    if not task.needed:
        return task.told(task.target, RoundingMethod.NONE)
    levels = list(task.levels())
    best: Found | None = None
    method = RoundingMethod.NEAREST_REPAIRED
    for place, level in enumerate(levels):
        now = time.monotonic()
        # Where nothing is known yet, half of what is left: other levels may be easier to decide.
        search = task.search(level, deadline if place == len(levels) - 1 else now + 0.5 * (deadline - now))
        near = search.repaired(task.nearest(search.room))
        if near is not None:
            search.deadline = deadline
        best = near
        if time.monotonic() < deadline:
            outcome = search.best(near)
            best = outcome.found
            if outcome.proven and best is not None:
                method = RoundingMethod.INTEGER_PROGRAM
            elif outcome.searched:
                method = RoundingMethod.INTEGER_PROGRAM_CUT_SHORT
        if best is None:
            continue
        alike = [
            other for other in levels[place + 1 :] if (other.soft, other.slack) == (level.soft, level.slack)
        ]
        later = None if near is not None else task.first_repaired(alike)
        if later is not None and later.merit < best.merit:
            best = later
        return task.told(best.variables, method)
    raise NotTradable(task.missed(), out_of_time=time.monotonic() >= deadline)


def nearest_repaired(book: Book, target: FloatArray, policy: TradePolicy | None) -> Rounded:
    """Every contract and ticket at its nearest, the other lines as good as the limits then allow.

    Raises NotTradable where the limits cannot be kept so.
    """
    task = _Task(book, target, policy)
    if not task.needed:
        return task.told(task.target, RoundingMethod.NONE)
    found = task.first_repaired(list(task.levels()))
    if found is None:
        raise NotTradable(task.missed())
    return task.told(found.variables, RoundingMethod.NEAREST_REPAIRED)


class _Task:
    """One target to be rounded."""

    def __init__(self, book: Book, target: FloatArray, policy: TradePolicy | None) -> None:
        self._book = book
        self._lots = lots_of(book, policy)
        self._constraints = constraints_of(book)
        self._hard = tuple(item for item in self._constraints if item.priority == 0)
        self._objective = objective_of(book)
        count = book.line_count
        positions = np.clip(target, self._lots.box.lower[:count], self._lots.box.upper[:count])
        self.target = with_postings(book, positions)
        goal = Goal(self._objective, self._lots, positions, ties=_ignores_cost(book))
        self._goal = goal
        self.target = self._posted_best()

    @property
    def needed(self) -> bool:
        """Whether the target cannot be traded as it is."""
        if not self._lots.rounds:
            return False
        banded = self._lots.band > 0.0
        count = self._book.line_count
        return (
            banded
            or not self._lots.tradable(self.target[:count])
            or self._violation(self.target) > (VIOLATION_TOLERANCE)
        )

    def levels(self) -> Iterator[_Level]:
        """What to give up, one after the other."""
        soft = len(self._hard) < len(self._constraints)
        if self._lots.band > 0.0:
            yield _Level(1.0, cash_free=False)
        else:
            yield _Level(1.0, still=True)
        yield _Level(1.0)
        for width in (_WIDER, _ANYWHERE):
            yield _Level(width)
        if soft:
            for room in _SOFTER:
                yield _Level(_ANYWHERE, soft=room)
        yield _Level(_ANYWHERE, soft=np.inf, slack=_LAST_ROOM)

    def search(self, level: _Level, deadline: float) -> Search:
        """The program of one level."""
        count = self._book.line_count
        target = self.target[:count]
        room = room_around(self._lots, target, self._width(level), cash_free=level.cash_free)
        if level.still:
            still = (np.abs(target - self._lots.now) < _STAYS) & ~self._lots.balancing & ~self._lots.pinned
            still &= (room.lower <= self._lots.now) & (self._lots.now <= room.upper)
            room = room.fixed(still, self._lots.now)
        held = self._constraints if np.isfinite(level.soft) else self._hard
        extra = [self._extra(constraint, level) for constraint in held]
        return Search(self._book, self._goal, room, (held, extra), (self.target, deadline))

    def nearest(self, room: Room) -> Room:
        """Every step at its nearest."""
        return nearest(self._lots, room, self.target[: self._book.line_count])

    def first_repaired(self, levels: Sequence[_Level]) -> Found | None:
        """Nearest and repaired at the first level where that is possible."""
        for level in levels:
            search = self.search(level, time.monotonic() + _REPAIR_SECONDS)
            found = search.repaired(self.nearest(search.room))
            if found is not None:
                return found
        return None

    def told(self, variables: FloatArray, method: RoundingMethod) -> Rounded:
        """The answer."""
        count = self._book.line_count
        return Rounded(
            variables=variables,
            contract_counts=self._lots.counts(variables[:count]),
            method=method,
            objective_loss=self._objective.value(variables) - self._objective.value(self.target),
            worst_hard_violation=self._violation(variables),
        )

    def missed(self) -> tuple[LimitKey, ...]:
        """Rules and limits that rounding to the nearest misses most, the worst first."""
        count = self._book.line_count
        room = room_around(self._lots, self.target[:count], _ANYWHERE)
        near = nearest(self._lots, room, self.target[:count])
        positions = np.clip(self.target[:count], near.lower, near.upper)
        cash = np.flatnonzero(self._lots.balancing)
        if len(cash):
            positions[cash[0]] += 1.0 - float(self._book.capital @ positions)
        variables = with_postings(self._book, positions)
        # The box is in every residual: each key counts once, by its largest violation.
        worst: dict[LimitKey, float] = {}
        for constraint in self._hard:
            residual = worst_residual(self._book, self._lots.box, [constraint], variables)
            if residual.key is not None and residual.violation > VIOLATION_TOLERANCE:
                worst[residual.key] = max(worst.get(residual.key, 0.0), residual.violation)
        ordered = sorted(worst, key=lambda key: -worst[key])[:_LISTED]
        return tuple(ordered) or (LimitKey(structural_rule=StructuralRule.CAPITAL_BUDGET),)

    def _width(self, level: _Level) -> float:
        if self._lots.band > 0.0:
            return level.width * self._lots.band
        largest = max(float(self._lots.size.max(initial=0.0)), float(self._lots.ticket.max(initial=0.0)))
        return level.width * (_NEAR * largest + _LEAST_WIDTH)

    def _extra(self, constraint: Constraint, level: _Level) -> Beyond:
        """How far each member may be beyond its bounds; empty where not at all."""
        if constraint.priority != 0:
            room = level.soft / constraint.unit.weight
            return {
                side: np.maximum(constraint.excess(side, self.target), 0.0) + room
                for side in constraint.sides
            }
        if level.slack == 0.0:
            return {}
        steepness = constraint.rows.steepness(self.target, ~np.zeros(len(self.target), dtype=bool))
        if constraint.unit is not Unit.NAV_FRACTION_PER_BASIS_POINT:
            steepness = np.maximum(steepness, 1.0)
        return dict.fromkeys(constraint.sides, level.slack * steepness)

    def _violation(self, variables: FloatArray) -> float:
        return worst_residual(self._book, self._lots.box, self._hard, variables).violation

    def _posted_best(self) -> FloatArray:
        """The target with the postings that are worth most, or those at hand where rules are not kept."""
        count = self._book.line_count
        if not len(self._book.postings.tier):
            return self.target
        fixed = self.target[:count]
        room = Room(fixed, fixed, np.zeros(count, dtype=bool))
        level = _Level(0.0, soft=np.inf, slack=2.0 * VIOLATION_TOLERANCE)
        extra = [self._extra(constraint, level) for constraint in self._hard]
        goal = replace(self._goal, lots=replace(self._lots, band=0.0), ties=False)
        deadline = time.monotonic() + _REPAIR_SECONDS
        search = Search(self._book, goal, room, (self._hard, extra), (self.target, deadline))
        found = search.repaired(room, settle=False)
        if found is None or self._violation(found.variables) > max(
            self._violation(self.target), VIOLATION_TOLERANCE
        ):
            return self.target
        return found.variables


def _ignores_cost(book: Book) -> bool:
    """Whether the goal leaves open which of its equal optima is cheapest."""
    return not isinstance(book.problem.objective.goal, MaximizeNetReturn | MaximizeUtility)
