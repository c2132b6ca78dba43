"""The search for whole numbers: an integer program whose cuts come from the answers that it gives.

Duran and Grossmann, An outer-approximation algorithm for a class of mixed-integer nonlinear programs,
Mathematical Programming 36 (1986).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, Unit
from optimizer.certificate.residuals import VIOLATION_TOLERANCE, worst_residual
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.objective import ConvexObjective
from optimizer.rebalance.trading.cuts import Form, Point
from optimizer.rebalance.trading.lots import UNTRADED, Lots, Room, branch
from optimizer.rebalance.trading.rounding_lift import Beyond, Lift
from optimizer.rebalance.trading.rounding_program import Bound

_GAP = 1e-9
"""How much better than what is known another rounding has to be, annual rate or turnover."""

_GAP_OF_RATIOS = 1e-7
"""The same of a risk budget, which is a ratio and steep in small positions."""

_TIE = 1e-7
"""What distance from the target costs where the goal leaves positions open, objective per NAV fraction."""

_TIE_OF_TURNOVER = 1e-4
"""What the objective weighs where turnover is minimised."""

_MOST_ROUNDS = 200
_HELD = 0.8 * VIOLATION_TOLERANCE
_LOOSEST_GAP = 1e-4

_SAME = 3.0
"""Gaps by which a proof may miss: the program's and the engine's beside the one that is asked for."""


@dataclass(frozen=True, eq=False)
class Goal:
    """What is minimised: the caller's objective, or with bands the turnover."""

    objective: ConvexObjective
    lots: Lots
    target: FloatArray
    ties: bool
    """Whether the objective leaves positions open, so that those next to the target are taken."""

    @property
    def gap(self) -> float:
        """How much better than what is known another rounding has to be."""
        return _GAP_OF_RATIOS if self.objective.unit is Unit.RATIO and self.lots.band == 0.0 else _GAP

    def merit(self, variables: FloatArray) -> float:
        """The number itself."""
        value, positions = self.objective.value(variables), variables[: len(self.target)]
        if self.lots.band > 0.0:
            counted = ~self.lots.balancing & ~self.lots.pinned
            turnover = float(np.abs(positions - self.lots.now) @ counted)
            return turnover + _TIE_OF_TURNOVER * value
        return value + _TIE * float(np.abs(positions - self.target).sum()) * self.ties

    def form(self, lift: Lift) -> Form:
        """The same in a program."""
        value = lift.objective(self.objective)
        if self.lots.band > 0.0:
            return lift.turnover().plus(value, _TIE_OF_TURNOVER)
        if self.ties:
            return value.plus(lift.distance(self.target, ~self.lots.pinned), _TIE)
        return value


@dataclass(frozen=True, eq=False)
class Found:
    """A portfolio that can be traded and keeps every hard limit."""

    variables: FloatArray
    merit: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an integer program came to."""

    found: Found | None
    proven: bool
    """Whether nothing better, or nothing at all, is there in this room."""
    searched: bool
    """Whether it brought a point of its own."""


class Search:
    """One room, its program, and the cuts that were found so far."""

    def __init__(
        self,
        book: Book,
        goal: Goal,
        room: Room,
        held: tuple[Sequence[Constraint], Sequence[Beyond]],
        around: tuple[FloatArray, float],
    ) -> None:
        """`held` are constraints and how far each may be missed; `around` the target and a deadline."""
        self.room = room
        self._book, self._goal = book, goal
        target, self.deadline = around
        self._hard = [constraint for constraint in held[0] if constraint.priority == 0]
        self._empty = bool(np.any(room.lower > room.upper))
        if self._empty:
            return
        self._lift = Lift(book, goal.lots, room)
        self._lift.hold(*held)
        form = goal.form(self._lift)
        self._total = self._lift.program.column(-np.inf, np.inf)
        own = Form(0.0, np.zeros(book.variable_count), {self._total: -1.0})
        self._lift.program.keep(form.plus(own))
        self._lift.program.minimise(Form(0.0, np.zeros(book.variable_count), {self._total: 1.0}))
        self._lift.tangents(target)

    def repaired(self, fixed: Room, *, settle: bool = True) -> Found | None:
        """The best of a room in which every step is decided; None where limits cannot be kept."""
        if self._empty or bool(np.any(fixed.lower > fixed.upper)):
            return None
        point = self._descend(self._decided(fixed))
        return None if point is None else self._checked(point.variables, fixed, settle=settle)

    def best(self, known: Found | None) -> Outcome:
        """The best of the room, from a known one on."""
        if self._empty:
            return Outcome(known, proven=True, searched=False)
        relaxed = self._descend(self._lift.program.bounds)
        if relaxed is None:
            return Outcome(known, proven=self._left() > 0.0, searched=False)
        value = abs(float(relaxed.columns[self._total]))
        least = self._goal.gap
        gap = min(0.5 * least / max(value, least), _LOOSEST_GAP)
        seen: set[tuple[float, ...]] = set()
        while self._left() > 0.0:
            bound = self._lift.program.bounds
            if known is not None:
                bound.upper[self._total] = known.merit - least
            answer = self._lift.program.solve(bound, seconds=self._left(), gap=gap)
            if answer.point is None:
                return Outcome(known, proven=not answer.stopped, searched=bool(seen))
            fixed = self._assigned(answer.point)
            key = (*fixed.lower, *fixed.upper)
            if key in seen:
                # What is left between program and book is below what engines keep to.
                proven = known is not None and answer.value > known.merit - _SAME * least
                return Outcome(known, proven=proven, searched=True)
            seen.add(key)
            decided = self._decided(fixed)
            decided.upper[self._total] = bound.upper[self._total]
            point = self._descend(decided)
            found = None if point is None else self._checked(point.variables, fixed)
            if found is not None and (known is None or found.merit < known.merit):
                known = found
            if answer.stopped:
                break
        return Outcome(known, proven=False, searched=bool(seen))

    def _left(self) -> float:
        return self.deadline - time.monotonic()

    def _descend(self, bound: Bound) -> Point | None:
        """Linear programs with more cuts each, until none is needed; None where there is no point."""
        point = None
        for _ in range(_MOST_ROUNDS):
            answer = self._lift.program.solve(bound, seconds=max(self._left(), 1.0))
            if answer.point is None:
                return None
            point = answer.point
            if not self._lift.cut(point):
                break
        return point

    def _decided(self, fixed: Room) -> Bound:
        """Bounds of all columns with positions and decisions as in a room."""
        bound, count = self._lift.program.bounds, self._book.line_count
        bound.lower[:count], bound.upper[:count] = fixed.lower, fixed.upper
        now = self._goal.lots.now
        for ticket in self._lift.tickets:
            if fixed.ticketed[ticket.line]:
                continue
            buys = fixed.lower[ticket.line] > now[ticket.line] + UNTRADED
            sells = fixed.upper[ticket.line] < now[ticket.line] - UNTRADED
            bound.lower[ticket.buys] = bound.upper[ticket.buys] = float(buys)
            bound.lower[ticket.sells] = bound.upper[ticket.sells] = float(sells)
        return bound

    def _assigned(self, point: Point) -> Room:
        """The room that is left with contracts and decisions as at a point."""
        lots, positions = self._goal.lots, point.variables[: self._book.line_count]
        whole = lots.whole(positions)
        steps = lots.size > 0.0
        lower = np.where(steps, whole, self.room.lower)
        upper = np.where(steps, whole, self.room.upper)
        for ticket in self._lift.tickets:
            line = ticket.line
            if not steps[line]:
                now, least = float(lots.now[line]), float(lots.ticket[line])
                lower[line], upper[line] = branch(self.room, line, now, least, float(positions[line]))
        return Room(lower, upper, np.zeros(len(positions), dtype=bool))

    def _checked(self, variables: FloatArray, fixed: Room, *, settle: bool = True) -> Found | None:
        """The point with its budget exact, if it keeps every hard limit."""
        box, count = self._goal.lots.box, self._book.line_count
        variables = np.clip(variables, box.lower, box.upper)
        variables[:count] = np.clip(variables[:count], fixed.lower, fixed.upper)
        if settle:
            self._settle(variables, fixed)
        if settle and worst_residual(self._book, box, self._hard, variables).violation > _HELD:
            return None
        return Found(variables, self._goal.merit(variables))

    def _settle(self, variables: FloatArray, fixed: Room) -> None:
        """Puts what the budget is off by, a rounding error, on the cash with most room."""
        count = self._book.line_count
        free = np.minimum(variables[:count] - fixed.lower, fixed.upper - variables[:count])
        free = np.where(self._book.capital == 0.0, -1.0, free)
        free = np.where(self._goal.lots.balancing, free + 1.0, free)
        line = int(np.argmax(free))
        if free[line] > 0.0:
            off = 1.0 - float(self._book.capital @ variables[:count])
            variables[line] += off / self._book.capital[line]
