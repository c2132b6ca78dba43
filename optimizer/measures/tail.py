"""Conditional value-at-risk over a sample of joint outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import ConditionalValueAtRiskMeasure, FloatArray, LimitKey, Unit
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, no_rows


@dataclass(frozen=True, eq=False)
class MeanOfWorst:
    """The mean of the worst part of N losses -W B'h: the largest w'losses over its dual ball.

    That are weights w between zero and `most` with a sum of one; `most` is 1 / ((1 - confidence) N).
    Rockafellar and Uryasev, Optimization of conditional value-at-risk, Journal of Risk 2 (2000).
    """

    outcomes: FloatArray
    """W, shape (N, D)."""
    loadings: FloatArray
    """B, shape (n, D)."""
    most: float
    variable_count: int

    @property
    def offset(self) -> FloatArray:
        """Zeros."""
        return np.zeros(len(self.outcomes))

    def image(self, variables: FloatArray) -> FloatArray:
        """Losses, shape (N,)."""
        return np.asarray(-self.outcomes @ (variables[: len(self.loadings)] @ self.loadings))

    def adjoint(self, components: FloatArray) -> FloatArray:
        """-B W'w, over all variables."""
        return self._over_variables(-self.loadings @ (components @ self.outcomes))

    def adjoint_size(self, components: FloatArray) -> FloatArray:
        """|B| |W|'|w|."""
        return self._over_variables(np.abs(self.loadings) @ (np.abs(components) @ np.abs(self.outcomes)))

    def length(self, image: FloatArray) -> float:
        """Mean of the worst losses, the last one in part."""
        return float(self.direction(image) @ image)

    def direction(self, image: FloatArray) -> FloatArray:
        """As much weight as there can be on the worst, one after the other."""
        weights = np.zeros(len(image))
        worst = np.argsort(-image, kind="stable")
        weights[worst] = np.clip(1.0 - self.most * np.arange(len(image)), 0.0, self.most)
        return weights

    def dual_length(self, components: FloatArray) -> float:
        """The least sum and largest weight that hold them."""
        return float(max(components.sum(), components.max(initial=0.0) / self.most, 0.0))

    def project(self, components: FloatArray, radius: float) -> FloatArray:
        """Weights within bounds whose sum is the radius: too much is scaled down, too little filled up."""
        most = radius * self.most
        weights = np.clip(components, 0.0, most)
        total = float(weights.sum())
        if total > radius:
            return np.asarray(weights * (radius / total))
        room = most - weights
        missing = radius - total
        return np.asarray(weights + room * (missing / room.sum()) if missing > 0.0 else weights)

    def _over_variables(self, by_line: FloatArray) -> FloatArray:
        return np.concatenate([by_line, np.zeros(self.variable_count - len(by_line))])


def measure_tail(book: Book, measure: ConditionalValueAtRiskMeasure, limit_id: str) -> Constraint:
    """Mean loss beyond a quantile of a return sample: one member, NAV fraction."""
    samples = {sample.return_sample_id: sample for sample in book.problem.return_samples}
    sample = samples[measure.return_sample_id].outcomes
    at = {driver_id: index for index, driver_id in enumerate(sample.column_ids)}
    order = [at[driver_id] for driver_id in book.problem.market.driver_ids]
    outcomes = sample.to_array()[:, order]
    most = 1.0 / ((1.0 - measure.confidence) * len(outcomes))
    norm = MeanOfWorst(outcomes, book.loadings, min(most, 1.0), book.variable_count)
    return Constraint(
        keys=(LimitKey(limit_id=limit_id),),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(np.zeros(1), no_rows(1), norm=norm),
    )
