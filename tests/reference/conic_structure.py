"""Variables of the conic form, and the rules that nobody needs to state."""

from __future__ import annotations

import numpy as np

from counterpoise.model import AllocationProblem, FloatArray, Limit, Line
from tests.reference.conic_rows import Cone, ConicRows, Row, add
from tests.reference.numbers import capital_per_unit, is_margined, margin_terms, read_numbers
from tests.reference.scopes import residual_correlation, residual_groups, violation_units
from tests.reference.soft import violation_weight
from tests.reference.structure import box, collateral_keys, needs_default_cap

DEFAULT_CAP = 1.5


class Formulation:
    """Columns: positions in the order of the lines, then postings, then what risk and kinks need.

    With `share_residuals` the norm of the residuals is one variable, used by every volatility of the
    same lines: one long cone instead of one per volatility. It is faster on large problems. With
    `scale_cones` a limit on a norm is divided by its bound: what one scaling leaves open, the other may
    settle.
    """

    def __init__(
        self, problem: AllocationProblem, *, share_residuals: bool = False, scale_cones: bool = False
    ) -> None:
        self.problem = problem
        self.share_residuals = share_residuals
        self.scale_cones = scale_cones
        self.lines = problem.portfolio.lines
        self.numbers = read_numbers(problem)
        self.rows = ConicRows()
        self.rows.last = self._define_exposures
        self.rows.new(len(self.lines))
        keys = collateral_keys(problem)
        self.posting = dict(zip(keys, self.rows.new(len(keys)), strict=True))
        self.violations: dict[int, Row] = {}
        self._absolute: dict[int, Row] = {}
        self._trades: dict[int, Row] = {}
        self._exposures: dict[tuple[int, ...], list[int]] = {}
        self._factors: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[list[int], FloatArray]] = {}
        self._residual_norms: dict[tuple[int, ...], Row] = {}

    def absolute(self, row: int) -> Row:
        """|position| of a line: itself where its sign is known, else an epigraph variable."""
        if row not in self._absolute:
            lower, upper = box(self.problem, self.lines[row])
            if lower is not None and lower >= 0:
                self._absolute[row] = {row: 1.0}
            elif upper is not None and upper <= 0:
                self._absolute[row] = {row: -1.0}
            else:
                self._absolute[row] = self.epigraph({row: 1.0}, 0.0)
        return self._absolute[row]

    def trade(self, row: int) -> Row:
        """|position - current position| of a line."""
        if row not in self._trades:
            current = self.lines[row].current_fraction
            if current is None:
                raise ValueError(f"{self.lines[row].line_id} has no current position")
            self._trades[row] = self.epigraph({row: 1.0}, -current)
        return self._trades[row]

    def allowance(self, limit: Limit) -> Row:
        """What a soft limit may be missed by on one side, a variable that its priority weighs."""
        if limit.soft is None:
            return {}
        (column,) = self.rows.new(1)
        self.rows.at_most.append(("", {column: -1.0}, 0.0))
        # The variable is in units that violations are weighed in, so that a solver sees numbers of order one.
        weight = violation_weight(self.problem, limit)
        add(self.violations.setdefault(limit.soft.priority, {}), {column: weight})
        return {column: 1 / violation_units(self.problem, limit)}

    def epigraph(self, row: Row, constant: float) -> Row:
        """A variable that is at least |row + constant|."""
        (column,) = self.rows.new(1)
        self.rows.at_most.append(("", add({column: -1.0}, row), -constant))
        self.rows.at_most.append(("", add({column: -1.0}, row, -1.0), constant))
        return {column: 1.0}

    def exposures(self, rows: tuple[int, ...]) -> list[int]:
        """Columns of x = B'h over some lines."""
        if rows not in self._exposures:
            self._exposures[rows] = self.rows.new(self.numbers.loadings.shape[1])
        return self._exposures[rows]

    def _define_exposures(self) -> None:
        """Rows of every x that was asked for, the last thing to add.

        Lines that have an x of their own enter a larger one through it: a line's loadings then stand in one
        set of rows, and the dense parts that sets of lines leave in a factorisation stay apart.
        """
        by_size = sorted(self._exposures, key=len)
        for rows, columns in self._exposures.items():
            left, inner = set(rows), []
            for other in reversed(by_size):
                if len(other) < len(rows) and left.issuperset(other):
                    left.difference_update(other)
                    inner.append(self._exposures[other])
            for driver, column in enumerate(columns):
                row = {line: float(self.numbers.loadings[line, driver]) for line in sorted(left)}
                row.update({other[driver]: 1.0 for other in inner})
                self.rows.equal.append(("", add(row, {column: -1.0}), 0.0))

    def factors(self, rows: tuple[int, ...], drivers: tuple[int, ...]) -> tuple[list[int], FloatArray]:
        """Columns of y = L'x over some lines and drivers, and the factor L of S over these drivers."""
        key = (rows, drivers)
        if key not in self._factors:
            x = self.exposures(rows)
            factor = factor_of(self.numbers.covariance[np.ix_(drivers, drivers)])
            columns = self.rows.new(factor.shape[1])
            for number, column in enumerate(columns):
                row = {x[driver]: float(factor[place, number]) for place, driver in enumerate(drivers)}
                self.rows.equal.append(("", add(row, {column: -1.0}), 0.0))
            self._factors[key] = (columns, factor)
        return self._factors[key]

    def residuals(self, rows: tuple[int, ...]) -> list[Row]:
        """What residual risk is the norm of: the residual of every underlying, or one bound on their norm."""
        if not self.share_residuals:
            return self._residuals(rows)
        if rows not in self._residual_norms:
            (bound,) = self.rows.new(1)
            components = [(row, 0.0) for row in self._residuals(rows)]
            self.rows.cones.append(Cone(name="", bound=({bound: 1.0}, 0.0), components=components))
            self._residual_norms[rows] = {bound: 1.0}
        return [self._residual_norms[rows]]

    def _residuals(self, rows: tuple[int, ...]) -> list[Row]:
        """Rows z with residual variance z'z: residuals that are correlated come as combinations."""
        groups = residual_groups(self.problem, list(rows))
        own = [{line: self.lines[line].annual_residual_volatility for line in group} for group in groups]
        if self.problem.market.risk_model.sleeve_residual_correlation is None or not groups:
            return [row for row in own if any(row.values())]
        factor = factor_of(residual_correlation(self.problem, groups))
        found = []
        for column in factor.T:
            combined: Row = {}
            for row, share in zip(own, column, strict=True):
                if share:
                    add(combined, row, float(share))
            if any(combined.values()):
                found.append(combined)
        return found


def factor_of(covariance: FloatArray) -> FloatArray:
    """A factor L of S = L L': triangular where S is definite, else of its positive eigenvalues.

    Drivers are measured in their volatilities, which differ by orders of magnitude where units do.
    """
    deviation = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    scale = np.where(deviation > 0, deviation, 1.0)
    correlation = covariance / np.outer(scale, scale)
    try:
        factor = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(correlation)
        kept = values > 1e-15 * max(float(values.max()), 1e-300)
        factor = vectors[:, kept] * np.sqrt(values[kept])
    return np.asarray(scale[:, None] * factor)


def add_structure(formulation: Formulation) -> None:
    """Capital, boxes, margin, collateral, and the default cap where it applies."""
    rows, lines = formulation.rows, formulation.lines
    capital = {row: capital_per_unit(line) for row, line in enumerate(lines) if capital_per_unit(line)}
    rows.equal.append(("capital target", capital, 1.0))
    for row, line in enumerate(lines):
        _add_box(formulation, row, line)
    _add_collateral(formulation)
    if needs_default_cap(formulation.problem):
        rows.at_most.append(("default_cap upper", gross_notional(formulation), DEFAULT_CAP))


def _add_box(formulation: Formulation, row: int, line: Line) -> None:
    lower, upper = box(formulation.problem, line)
    name = f"box[{line.line_id}]"
    if lower is not None and lower == upper:
        formulation.rows.equal.append((f"{name} target", {row: 1.0}, lower))
        return
    if lower is not None:
        formulation.rows.at_most.append((f"{name} lower", {row: -1.0}, -lower))
    if upper is not None:
        formulation.rows.at_most.append((f"{name} upper", {row: 1.0}, upper))


def _add_collateral(formulation: Formulation) -> None:
    """Cover by pool, supply by tier, share by tier and pool."""
    rows, lines = formulation.rows, formulation.lines
    cover: dict[str, Row] = {pool.margin_pool_id: {} for pool in formulation.problem.portfolio.margin_pools}
    value: dict[str, Row] = {pool_id: {} for pool_id in cover}
    shares: list[tuple[str, str, float, Row]] = []
    for row, line in enumerate(lines):
        if is_margined(line):
            pool_id, rate = margin_terms(line)
            add(cover[pool_id], formulation.absolute(row), rate)
        if line.reserve_tier is None or not line.reserve_tier.collateral_terms:
            continue
        supply: Row = {row: -1.0}
        for terms in line.reserve_tier.collateral_terms:
            column = formulation.posting[line.line_id, terms.margin_pool_id]
            rows.at_most.append(("", {column: -1.0}, 0.0))
            supply[column] = 1.0
            value[terms.margin_pool_id][column] = 1 - terms.haircut
            if terms.maximum_margin_share is not None and terms.maximum_margin_share < 1:
                part = {column: 1 - terms.haircut}
                shares.append((line.line_id, terms.margin_pool_id, terms.maximum_margin_share, part))
        rows.at_most.append((f"supply[{line.line_id}] upper", supply, 0.0))
    for pool_id, margin in cover.items():
        if margin:
            rows.at_most.append((f"cover[{pool_id}] upper", add(dict(margin), value[pool_id], -1.0), 0.0))
    for tier_id, pool_id, share, part in shares:
        rows.at_most.append((f"share[{tier_id}, {pool_id}] upper", add(part, value[pool_id], -share), 0.0))


def gross_notional(formulation: Formulation) -> Row:
    """sum p + sum leverage_weight |u| + sum look-through a + tiers that are not cash equivalents."""
    total: Row = {}
    for row, line in enumerate(formulation.lines):
        if line.funded_beta is not None:
            add(total, formulation.absolute(row))
        elif line.overlay is not None:
            weight = line.overlay.leverage_weight
            add(total, formulation.absolute(row), 1.0 if weight is None else weight)
        else:
            add(total, fund_leverage(row, line))
    return total


def fund_leverage(row: int, line: Line) -> Row:
    """What a sleeve or a tier adds to gross and to commitment leverage."""
    if line.alpha_sleeve is not None:
        look_through = line.alpha_sleeve.look_through_leverage
        return {row: 1.0 if look_through is None else look_through}
    if line.reserve_tier is not None and not line.reserve_tier.cash_equivalent:
        return {row: 1.0}
    return {}
