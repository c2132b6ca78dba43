"""Rows of a conic program, gathered one at a time and handed to Clarabel as sparse data.

minimize 1/2 v'Pv + q'v + constant  subject to  Av + s = b, s in K, the objective divided by its own scale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import clarabel
import numpy as np
from scipy import sparse

from counterpoise.model import FloatArray

Row = dict[int, float]
"""Column -> coefficient."""


def add(target: Row, other: Row, factor: float = 1.0) -> Row:
    """Adds a multiple of one row to another, in place."""
    for column, coefficient in other.items():
        target[column] = target.get(column, 0.0) + factor * coefficient
    return target


@dataclass(frozen=True, kw_only=True)
class Cone:
    """`|components| <= bound`, where a component is a row and a constant that is added to it.

    The rows are divided by `scale`, so that a solver sees numbers of order one.
    """

    name: str
    bound: tuple[Row, float]
    components: list[tuple[Row, float]]
    scale: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Power:
    """`|row + constant|^1.5 <= bound`."""

    bound: int
    row: Row
    constant: float


@dataclass(frozen=True, kw_only=True)
class Logarithm:
    """`bound <= ln(row)`."""

    bound: int
    row: Row


@dataclass
class ConicRows:
    """A program under construction."""

    variables: int = 0
    equal: list[tuple[str, Row, float]] = field(default_factory=list)
    at_most: list[tuple[str, Row, float]] = field(default_factory=list)
    cones: list[Cone] = field(default_factory=list)
    powers: list[Power] = field(default_factory=list)
    logarithms: list[Logarithm] = field(default_factory=list)
    linear: Row = field(default_factory=dict)
    quadratic: Row = field(default_factory=dict)
    constant: float = 0.0
    last: Callable[[], None] | None = None
    """Adds what can only be said when all else is there; called once."""

    def new(self, count: int) -> list[int]:
        """Columns of new variables."""
        self.variables += count
        return list(range(self.variables - count, self.variables))

    def data(self) -> ConicData:
        """The program as Clarabel takes it."""
        if self.last is not None:
            self.last()
            self.last = None
        rows: list[tuple[Row, float]] = [(row, bound) for _, row, bound in self.equal + self.at_most]
        cones = [clarabel.ZeroConeT(len(self.equal))] if self.equal else []
        cones += [clarabel.NonnegativeConeT(len(self.at_most))] if self.at_most else []
        names = [name for name, _, _ in self.equal + self.at_most]
        scales = [1.0] * len(rows)
        for cone in self.cones:
            names += [cone.name, *[""] * len(cone.components)]
            for row, constant in [cone.bound, *cone.components]:
                scaled = {column: -value / cone.scale for column, value in row.items()}
                rows.append((scaled, constant / cone.scale))
            scales += [cone.scale] * (1 + len(cone.components))
            cones.append(clarabel.SecondOrderConeT(1 + len(cone.components)))
        for triple, kind in self._triples():
            rows += [
                ({column: -value for column, value in row.items()}, constant) for row, constant in triple
            ]
            names += [""] * 3
            scales += [1.0] * 3
            cones.append(kind)
        entries = [
            (index, column, value)
            for index, (row, _) in enumerate(rows)
            for column, value in row.items()
            if value
        ]
        index, column, value = (np.array(part) for part in zip(*entries, strict=True))
        matrix = sparse.csc_matrix((value, (index, column)), shape=(len(rows), self.variables))
        diagonal, q = np.zeros(self.variables), np.zeros(self.variables)
        for key, number in self.quadratic.items():
            diagonal[key] = number
        for key, number in self.linear.items():
            q[key] = number
        # Scaled to order one: a solver's tolerances are about numbers of that size.
        scale = max(float(np.abs(q).max()), float(diagonal.max())) or 1.0
        return ConicData(
            p=sparse.diags_array(diagonal / scale, format="csc"),
            q=q / scale,
            a=matrix,
            b=np.array([constant for _, constant in rows]),
            cones=cones,
            names=names,
            row_scales=np.array(scales),
            scale=scale,
            constant=self.constant,
        )

    def _triples(self) -> Iterator[tuple[list[tuple[Row, float]], object]]:
        """Cones of three rows: (bound, 1, base) for a power, (bound, 1, argument) for a logarithm."""
        one: tuple[Row, float] = ({}, 1.0)
        for power in self.powers:
            base = (power.row, power.constant)
            yield [({power.bound: 1.0}, 0.0), one, base], clarabel.PowerConeT(2 / 3)
        for logarithm in self.logarithms:
            yield [({logarithm.bound: 1.0}, 0.0), one, (logarithm.row, 0.0)], clarabel.ExponentialConeT()


@dataclass(frozen=True, kw_only=True)
class ConicData:
    """Data of a conic program; `names` are those of its rows, empty inside cones."""

    p: sparse.csc_array
    q: FloatArray
    a: sparse.csc_matrix
    b: FloatArray
    cones: list[object]
    names: list[str]
    row_scales: FloatArray
    scale: float
    constant: float

    def solver(self, settings: clarabel.DefaultSettings) -> clarabel.DefaultSolver:
        """A fresh solver on this data."""
        return clarabel.DefaultSolver(self.p, self.q, self.a, self.b, self.cones, settings)


def tight_settings() -> clarabel.DefaultSettings:
    """Settings of the second opinion: smaller tolerances than the default."""
    settings = default_settings()
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-10
    settings.max_iter = 500
    return settings


def default_settings() -> clarabel.DefaultSettings:
    """Settings that benchmarks compare with: default tolerances, the faster factorisation, one thread.

    A step that ends a little before the edge makes the next one longer.
    """
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.direct_solve_method = "qdldl"
    settings.max_threads = 1
    settings.max_step_fraction = 0.98
    return settings
