"""A book as a program of linear rows and cuts, inside the room that its lines have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import BoolArray, FloatArray, Side
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, Norm, SparseRows
from optimizer.measures.norms import Largest, Taxicab
from optimizer.measures.objective import ConvexObjective
from optimizer.measures.risk import Volatility
from optimizer.rebalance.trading.cuts import (
    CUT_ABOVE,
    Bend,
    Cone,
    Form,
    Logarithm,
    Point,
    Power,
    Squares,
    Supported,
)
from optimizer.rebalance.trading.lots import Lots, Room
from optimizer.rebalance.trading.rounding_program import Program

_FEW = 3
"""Components of more variables than this get a column of their own, so that their cuts are short."""

_LEAST_LOGARITHM = 1e-9

Beyond = Mapping[Side, FloatArray]
"""How far each member of a constraint may be beyond its bounds; empty where not at all."""


@dataclass(frozen=True)
class Ticket:
    """The columns of a line's decision: whether it buys, whether it sells."""

    line: int
    buys: int
    sells: int


class Lift:
    """The growing program of one room, and what bends in it."""

    def __init__(self, book: Book, lots: Lots, room: Room) -> None:
        self._book = book
        self.lots = lots
        self.room = room
        count = book.variable_count
        self._lower, self._upper = lots.box.lower.copy(), lots.box.upper.copy()
        self._lower[: book.line_count], self._upper[: book.line_count] = room.lower, room.upper
        self.program = Program(
            self._lower, self._upper, np.concatenate([lots.size, np.zeros(count - book.line_count)])
        )
        self.bends: list[Bend] = []
        self._none = np.zeros(count)
        self._sizes: dict[int, Form] = {}
        self._trades: dict[int, Form] = {}
        self._norms: dict[str, Form] = {}
        self._powers: dict[int, int] = {}
        self.tickets = tuple(self._ticket(int(line)) for line in np.flatnonzero(room.ticketed))

    def hold(self, constraints: Sequence[Constraint], beyond: Sequence[Beyond]) -> None:
        """Rows for every bounded side, and how far each member may be beyond it."""
        for constraint, room in zip(constraints, beyond, strict=True):
            if constraint.lower is not None and constraint.lower == constraint.upper and not room:
                for form in self._forms(constraint.rows, 1.0):
                    self.program.keep(form, constraint.sign * constraint.lower, equal=True)
                continue
            for side in constraint.sides:
                most = room.get(side, np.zeros(len(constraint.keys)))
                for form, more in zip(self._excesses(constraint, side), most, strict=True):
                    self.program.keep(form, float(more))

    def _excesses(self, constraint: Constraint, side: Side) -> list[Form]:
        """Forms of at least how far each member is beyond a bound."""
        orientation, bound = constraint.orientation(side), constraint.bound(side)
        forms = self._forms(constraint.rows, orientation)
        if constraint.over is not None:
            over = self._forms(constraint.over, 1.0)
            return [form.plus(nav, -bound) for form, nav in zip(forms, over, strict=True)]
        limit = Form(-orientation * constraint.sign * bound, self._none)
        return [form.plus(limit) for form in forms]

    def objective(self, objective: ConvexObjective) -> Form:
        """What the caller minimises."""
        total = Form(0.0, self._none)
        for part in objective.parts:
            (form,) = self._forms(part.rows, 1.0)
            total = total.plus(form)
        if objective.variance is not None and objective.half_aversion > 0.0:
            # The aversion goes into the components, so that cuts are as exact as what they are charged.
            norm = objective.variance.scaled(objective.half_aversion**0.5)
            inner = self._components(norm)
            columns = tuple(self.program.column(0.0, np.inf) for _ in inner)
            self.bends.append(Squares(norm, columns, inner))
            total = total.plus(Form(0.0, self._none, dict.fromkeys(columns, 1.0)))
        return total

    def distance(self, positions: FloatArray, lines: BoolArray) -> Form:
        """The sum of |h - positions| over some lines."""
        total = Form(0.0, self._none)
        for line in np.flatnonzero(lines):
            total = total.plus(self._absolute(self._unit(int(line), -float(positions[line]))))
        return total

    def turnover(self) -> Form:
        """The sum of changes of all lines but cash that balances."""
        total = Form(0.0, self._none)
        for line in np.flatnonzero(~self.lots.balancing & ~self.lots.pinned):
            total = total.plus(self._absolute(self._unit(int(line), -float(self.lots.now[line]))))
        return total

    def tangents(self, variables: FloatArray) -> None:
        """Cuts at a point, whether they are needed there or not."""
        point = Point(variables, np.zeros(0))
        for bend in self.bends:
            for cut in bend.cuts(point, everywhere=True):
                self.program.keep(cut)

    def cut(self, point: Point) -> bool:
        """Cuts off what bends above its columns at a point; whether there was any."""
        found = False
        for bend in self.bends:
            for form in bend.cuts(point):
                # A steep cut is kept to less closely than a flat one: what counts is the distance.
                if form.at(point) > CUT_ABOVE * form.steepness:
                    self.program.keep(form)
                    found = True
        return found

    def _unit(self, line: int, constant: float = 0.0) -> Form:
        slope = self._none.copy()
        slope[line] = 1.0
        return Form(constant, slope)

    def _ticket(self, line: int) -> Ticket:
        """Now + bought - sold, each zero or at least the ticket, not both."""
        now, least = float(self.lots.now[line]), float(self.lots.ticket[line])
        low, high = float(self.room.lower[line]), float(self.room.upper[line])
        program = self.program
        buys = program.decision(possible=high >= now + least)
        sells = program.decision(possible=low <= now - least)
        bought, sold = program.column(0.0, max(high - now, 0.0)), program.column(0.0, max(now - low, 0.0))
        program.keep(Form(-now, self._unit(line).slope, {bought: -1.0, sold: 1.0}), equal=True)
        for decision, amount, most in ((buys, bought, high - now), (sells, sold, now - low)):
            program.keep(Form(0.0, self._none, {decision: least, amount: -1.0}))
            program.keep(Form(0.0, self._none, {decision: -max(most, 0.0), amount: 1.0}))
        program.keep(Form(-1.0, self._none, {buys: 1.0, sells: 1.0}))
        return Ticket(line, buys, sells)

    def _forms(self, rows: ConvexRows, orientation: float) -> list[Form]:
        """Orientation times each row; below zero only where the rows are affine."""
        linear = _dense(rows.linear, len(self._none))
        forms = [
            Form(orientation * float(constant), orientation * slope)
            for constant, slope in zip(rows.constant, linear, strict=True)
        ]
        if rows.absolute is not None:
            self._add(forms, rows.absolute, orientation, self._size_of)
        if rows.trades is not None:
            self._add(forms, rows.trades.absolute, orientation, self._trade_of)
            self._add(forms, rows.trades.impact, orientation, self._impact_of)
        if rows.logarithm is not None:
            self._add(forms, rows.logarithm, orientation, self._logarithm_of)
        if rows.pieces is not None:
            weights, pieces = rows.pieces.weights, rows.pieces.pieces
            for row, column, weight in zip(weights.row, weights.column, weights.coefficient, strict=True):
                piece = pieces[int(column)]
                if piece.name not in self._norms:
                    self._norms[piece.name] = self._norm(piece.norm)
                forms[row] = forms[row].plus(self._norms[piece.name], orientation * float(weight))
        if rows.norm is not None:
            forms[0] = forms[0].plus(self._norm(rows.norm), orientation)
        return forms

    @staticmethod
    def _add(forms: list[Form], entries: SparseRows, orientation: float, of: Callable[[int], Form]) -> None:
        for row, column, value in zip(entries.row, entries.column, entries.coefficient, strict=True):
            if value != 0.0:
                forms[row] = forms[row].plus(of(int(column)), orientation * float(value))

    def _size_of(self, variable: int) -> Form:
        if variable not in self._sizes:
            self._sizes[variable] = self._absolute(self._unit(variable))
        return self._sizes[variable]

    def _trade_of(self, variable: int) -> Form:
        if variable not in self._trades:
            self._trades[variable] = self._absolute(
                self._unit(variable, -float(self._book.current[variable]))
            )
        return self._trades[variable]

    def _impact_of(self, variable: int) -> Form:
        if variable not in self._powers:
            self._powers[variable] = self.program.column(0.0, np.inf)
            current, distance = float(self._book.current[variable]), self._trade_of(variable)
            self.bends.append(Power(self._powers[variable], variable, current, distance))
        return Form(0.0, self._none, {self._powers[variable]: 1.0})

    def _logarithm_of(self, variable: int) -> Form:
        """The negative logarithm."""
        column = self.program.column(-np.inf, np.inf)
        least = max(_LEAST_LOGARITHM, 1e-3 * float(self._upper[variable]))
        self.bends.append(Logarithm(column, variable, least))
        return Form(0.0, self._none, {column: 1.0})

    def _absolute(self, form: Form) -> Form:
        """The absolute value of a form: the form itself where its sign is known in this room."""
        rising, falling = np.maximum(form.slope, 0.0), np.minimum(form.slope, 0.0)
        if not form.columns:
            if form.constant + float(rising @ self._lower + falling @ self._upper) >= 0.0:
                return form
            if form.constant + float(rising @ self._upper + falling @ self._lower) <= 0.0:
                return Form(0.0, self._none).plus(form, -1.0)
        column = self.program.column(0.0, np.inf)
        own = Form(0.0, self._none, {column: -1.0})
        self.program.keep(own.plus(form))
        self.program.keep(own.plus(form, -1.0))
        return Form(0.0, self._none, {column: 1.0})

    def _norm(self, norm: Norm) -> Form:
        """A form of at least a norm."""
        if isinstance(norm, Taxicab):
            total = Form(0.0, self._none)
            for slope, offset in zip(_dense(norm.rows, len(self._none)), norm.offset, strict=True):
                total = total.plus(self._absolute(Form(-float(offset), slope)))
            return total
        column = self.program.column(0.0, np.inf)
        own = Form(0.0, self._none, {column: -1.0})
        if isinstance(norm, Largest):
            for slope in _dense(norm.rows, len(self._none)):
                self.program.keep(own.plus(Form(0.0, slope)))
        elif isinstance(norm, Volatility):
            inner = self._components(norm)
            parts = tuple(self.program.column(0.0, np.inf) for _ in inner)
            self.program.keep(Form(0.0, self._none, {**dict.fromkeys(parts, 1.0), column: -1.0}))
            self.bends.append(Cone(norm, column, parts, inner))
        else:
            self.bends.append(Supported(column, norm))
        return Form(0.0, self._none, {column: 1.0})

    def _components(self, norm: Volatility) -> tuple[Form, ...]:
        """F v - g row by row, long rows through columns of their own."""
        forms = []
        for unit, offset in zip(np.eye(len(norm.offset)), norm.offset, strict=True):
            form = Form(-float(offset), norm.adjoint(unit))
            if np.count_nonzero(form.slope) > _FEW:
                column = self.program.column(-np.inf, np.inf)
                self.program.keep(form.plus(Form(0.0, self._none, {column: -1.0})), equal=True)
                form = Form(0.0, self._none, {column: 1.0})
            forms.append(form)
        return tuple(forms)


def _dense(rows: SparseRows, count: int) -> FloatArray:
    matrix = np.zeros((rows.row_count, count))
    np.add.at(matrix, (rows.row, rows.column), rows.coefficient)
    return matrix
