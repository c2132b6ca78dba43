"""Volatility: |(L'(x - x_ref), z)| with exposures x = B'h and residuals z; standard errors alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from counterpoise.model import FloatArray, LimitKey, RiskMeasure, RiskStatistic, Unit
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, no_rows
from optimizer.measures.residual_risk import Residuals


@dataclass(frozen=True, eq=False)
class Volatility:
    """The Euclidean norm of (L'(x - reference), z), z the residuals' independent components.

    Components: one for each column of L, then one for each group of lines that shares a residual.
    `line_mask` and `driver_mask` are ones, or zeros for what does not count.
    """

    book: Book
    factor: FloatArray
    """L, shape (D, columns)."""
    residuals: Residuals | None
    """None where there are none to count."""
    line_mask: FloatArray
    driver_mask: FloatArray
    reference: FloatArray
    """Exposures to subtract, shape (D,)."""

    @cached_property
    def offset(self) -> FloatArray:
        """L' times the reference, then zeros."""
        zeros = np.zeros(0 if self.residuals is None else self.residuals.count)
        return np.concatenate([self.factor.T @ (self.driver_mask * self.reference), zeros])

    def exposures(self, variables: FloatArray) -> FloatArray:
        """What counts of x - reference, shape (D,)."""
        counted = self.line_mask * variables[: self.book.line_count]
        return np.asarray(self.driver_mask * (counted @ self.book.loadings - self.reference))

    def image(self, variables: FloatArray) -> FloatArray:
        """(L'(x - reference), z)."""
        of_drivers = self.factor.T @ self.exposures(variables)
        if self.residuals is None:
            return of_drivers
        counted = self.line_mask * variables[: self.book.line_count]
        return np.concatenate([of_drivers, self.residuals.components(counted)])

    def adjoint(self, components: FloatArray) -> FloatArray:
        """Transposed image of the linear part, over all variables."""
        factors = self.factor.shape[1]
        by_line = self.book.loadings @ (self.driver_mask * (self.factor @ components[:factors]))
        if self.residuals is not None:
            by_line = by_line + self.residuals.adjoint(components[factors:])
        return np.concatenate([self.line_mask * by_line, np.zeros(len(self.book.postings.tier))])

    def adjoint_size(self, components: FloatArray) -> FloatArray:
        """|F|'|w|, or more."""
        factors = self.factor.shape[1]
        by_driver = self.driver_mask * (np.abs(self.factor) @ np.abs(components[:factors]))
        by_line = np.abs(self.book.loadings) @ by_driver
        if self.residuals is not None:
            by_line = by_line + self.residuals.adjoint_size(components[factors:])
        return np.concatenate([self.line_mask * by_line, np.zeros(len(self.book.postings.tier))])

    def length(self, image: FloatArray) -> float:
        """Volatility, annual decimal."""
        return float(np.linalg.norm(image))

    def direction(self, image: FloatArray) -> FloatArray:
        """Unit vector of the image; zero for zero."""
        length = np.linalg.norm(image)
        return np.asarray(image / length if length > 0.0 else np.zeros(len(image)))

    def dual_length(self, components: FloatArray) -> float:
        """Euclidean length."""
        return float(np.linalg.norm(components))

    def project(self, components: FloatArray, radius: float) -> FloatArray:
        """Components scaled back to the ball."""
        length = float(np.linalg.norm(components))
        return components if length <= radius else components * (radius / length)


def volatility(book: Book, statistic: RiskStatistic) -> Volatility:
    """Total or active volatility of the whole portfolio."""
    drivers = len(book.premia)
    reference = np.zeros(drivers)
    if statistic is RiskStatistic.ACTIVE_VOLATILITY:
        if book.reference is None:
            raise ValueError("active volatility needs reference exposures")
        reference = book.reference
    return Volatility(
        book=book,
        factor=book.factor,
        residuals=book.residuals,
        line_mask=np.ones(book.line_count),
        driver_mask=np.ones(drivers),
        reference=reference,
    )


def scoped_volatility(book: Book, measure: RiskMeasure) -> Volatility:
    """Volatility of the lines and drivers that a limit names."""
    norm = volatility(book, measure.statistic)
    if measure.lines is not None:
        mask = np.zeros(book.line_count)
        mask[list(measure.lines.select(book.problem.portfolio))] = 1.0
        norm = replace(norm, line_mask=mask)
    if measure.drivers is not None:
        mask = np.zeros(len(book.premia))
        mask[list(measure.drivers.select(book.problem.market))] = 1.0
        none = replace(book.residuals, size=np.zeros(book.line_count))
        norm = replace(norm, driver_mask=mask, residuals=none)
    return norm


def measure_risk(book: Book, measure: RiskMeasure, limit_id: str) -> Constraint:
    """A volatility limit: one member, annual decimal."""
    norm = scoped_volatility(book, measure)
    return Constraint(
        keys=(LimitKey(limit_id=limit_id),),
        unit=Unit.ANNUAL_RATE,
        rows=ConvexRows(np.zeros(1), no_rows(1), norm=norm),
    )
