"""Volatility: |(L'(x - x_ref), z)| with exposures x = B'h and residuals z; standard errors alike."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import NormalDist
from typing import Final

import numpy as np

from counterpoise.model import (
    TRADING_DAYS_PER_YEAR,
    CorrelationRegime,
    FloatArray,
    LimitKey,
    RiskMeasure,
    RiskStatistic,
)
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, no_rows, read_only
from optimizer.measures.residual_risk import Residuals


@dataclass(frozen=True, eq=False)
class Volatility:
    """The Euclidean norm of (L'(x - reference), z), z the residuals' independent components.

    Components: one for each column of L, then one for each group of lines that shares a residual.
    `line_mask` and `driver_mask` are ones, or zeros for what does not count.
    """

    variable_count: int
    factor: FloatArray
    """L, shape (D, columns)."""
    loadings: FloatArray
    """B, shape (n, D)."""
    residuals: Residuals | None
    """None where there are none to count."""
    line_mask: FloatArray
    driver_mask: FloatArray
    reference: FloatArray
    """Exposures to subtract, shape (D,)."""

    def __post_init__(self) -> None:
        """Makes the arrays read-only: volatilities are remembered and shared."""
        for array in (self.factor, self.loadings, self.line_mask, self.driver_mask, self.reference):
            read_only(array)

    def scaled(self, multiple: float) -> Volatility:
        """A multiple of this volatility."""
        own = self.residuals
        return replace(
            self,
            factor=multiple * self.factor,
            residuals=None if own is None else replace(own, size=multiple * own.size),
        )

    @cached_property
    def offset(self) -> FloatArray:
        """L' times the reference, then zeros."""
        zeros = np.zeros(0 if self.residuals is None else self.residuals.count)
        return np.concatenate([self.factor.T @ (self.driver_mask * self.reference), zeros])

    def exposures(self, variables: FloatArray) -> FloatArray:
        """What counts of x - reference, shape (D,)."""
        counted = self.line_mask * variables[: len(self.line_mask)]
        return np.asarray(self.driver_mask * (counted @ self.loadings - self.reference))

    def image(self, variables: FloatArray) -> FloatArray:
        """(L'(x - reference), z)."""
        of_drivers = self.factor.T @ self.exposures(variables)
        if self.residuals is None:
            return of_drivers
        counted = self.line_mask * variables[: len(self.line_mask)]
        return np.concatenate([of_drivers, self.residuals.components(counted)])

    def adjoint(self, components: FloatArray) -> FloatArray:
        """Transposed image of the linear part, over all variables."""
        factors = self.factor.shape[1]
        by_line = self.loadings @ (self.driver_mask * (self.factor @ components[:factors]))
        if self.residuals is not None:
            by_line = by_line + self.residuals.adjoint(components[factors:])
        return self._over_variables(self.line_mask * by_line)

    def adjoint_size(self, components: FloatArray) -> FloatArray:
        """|F|'|w|, or more."""
        factors = self.factor.shape[1]
        by_driver = self.driver_mask * (_size(self.factor) @ np.abs(components[:factors]))
        by_line = _size(self.loadings) @ by_driver
        if self.residuals is not None:
            by_line = by_line + self.residuals.adjoint_size(components[factors:])
        return self._over_variables(self.line_mask * by_line)

    def _over_variables(self, by_line: FloatArray) -> FloatArray:
        every = np.zeros(self.variable_count)
        every[: len(by_line)] = by_line
        return every

    def length(self, image: FloatArray) -> float:
        """Volatility, annual decimal."""
        return math.sqrt(image @ image)

    def direction(self, image: FloatArray) -> FloatArray:
        """Unit vector of the image; zero for zero."""
        length = math.sqrt(image @ image)
        return np.asarray(image / length if length > 0.0 else np.zeros(len(image)))

    def dual_length(self, components: FloatArray) -> float:
        """Euclidean length."""
        return math.sqrt(components @ components)

    def project(self, components: FloatArray, radius: float) -> FloatArray:
        """Components scaled back to the ball."""
        length = math.sqrt(components @ components)
        return components if length <= radius else components * (radius / length)


_SIZES: Final = Recall[FloatArray](64)


def _size(matrix: FloatArray) -> FloatArray:
    """Absolute values of a matrix that is read-only: many volatilities have the same loadings."""
    return _SIZES.get((matrix,), lambda: read_only(np.abs(matrix)))


def volatility(book: Book, statistic: RiskStatistic, regime: CorrelationRegime | None = None) -> Volatility:
    """Total or active volatility of the whole portfolio; of value-at-risk the total one behind it."""
    space = book.risk_space(regime)
    reference = np.zeros(len(book.premia))
    if statistic is RiskStatistic.ACTIVE_VOLATILITY:
        reference = _reference(book)
    return Volatility(
        variable_count=book.variable_count,
        factor=space.factor,
        loadings=space.loadings,
        residuals=space.residuals,
        line_mask=np.ones(book.line_count),
        driver_mask=np.ones(len(space.factor)),
        reference=space.with_zeros(reference),
    )


def reference_volatility(book: Book, regime: CorrelationRegime | None = None) -> float:
    """Of the reference portfolio, annual decimal."""
    space = book.risk_space(regime)
    return float(np.linalg.norm(space.factor.T @ space.with_zeros(_reference(book))))


def _reference(book: Book) -> FloatArray:
    if book.reference is None:
        raise ValueError("active and relative risk need reference exposures")
    return book.reference


def scoped_volatility(book: Book, measure: RiskMeasure) -> Volatility:
    """The norm that a limit bounds: volatility of the lines and drivers it names, in its statistic's unit."""
    norm = volatility(book, measure.statistic, measure.regime)
    if measure.lines is not None:
        mask = np.zeros(book.line_count)
        mask[book.universe.lines_in(measure.lines)] = 1.0
        norm = replace(norm, line_mask=mask)
    if measure.drivers is not None:
        mask = np.zeros(len(book.premia))
        mask[list(measure.drivers.select(book.problem.market))] = 1.0
        none = replace(book.residuals, size=np.zeros(book.line_count))
        norm = replace(norm, driver_mask=mask, residuals=none)
    return norm.scaled(_multiple(book, measure))


def _multiple(book: Book, measure: RiskMeasure) -> float:
    """The statistic over the volatility behind it."""
    match measure.statistic:
        case RiskStatistic.RELATIVE_VALUE_AT_RISK:
            return 1.0 / reference_volatility(book, measure.regime)
        case RiskStatistic.GAUSSIAN_VALUE_AT_RISK:
            years = (measure.horizon_trading_days or 0) / TRADING_DAYS_PER_YEAR
            return float(NormalDist().inv_cdf(measure.confidence or 0.5) * years**0.5)
        case _:
            return 1.0


def measure_risk(book: Book, measure: RiskMeasure, limit_id: str) -> Constraint:
    """A limit on volatility or value-at-risk: one member, in the statistic's unit."""
    norm = scoped_volatility(book, measure)
    return Constraint(
        keys=(LimitKey(limit_id=limit_id),),
        unit=measure.statistic.unit,
        rows=ConvexRows(np.zeros(1), no_rows(1), norm=norm),
    )
