"""Norms that are sums or largest values of linear functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray
from optimizer.measures.convex import SparseRows


@dataclass(frozen=True, eq=False)
class Taxicab:
    """The sum of absolute values of affine functions, sum_j |(F v - g)_j|."""

    rows: SparseRows
    offset: FloatArray
    variable_count: int

    def image(self, variables: FloatArray) -> FloatArray:
        """F v - g."""
        return self.rows.times(variables) - self.offset

    def adjoint(self, components: FloatArray) -> FloatArray:
        """F'w."""
        return self.rows.transposed_times(components, self.variable_count)

    def adjoint_size(self, components: FloatArray) -> FloatArray:
        """|F|'|w|."""
        return self.rows.sizes().transposed_times(np.abs(components), self.variable_count)

    def length(self, image: FloatArray) -> float:
        """Sum of absolute values."""
        return float(np.abs(image).sum())

    def direction(self, image: FloatArray) -> FloatArray:
        """Signs of the image."""
        return np.asarray(np.sign(image))

    def dual_length(self, components: FloatArray) -> float:
        """Largest absolute component."""
        return float(np.abs(components).max(initial=0.0))

    def project(self, components: FloatArray, radius: float) -> FloatArray:
        """Components clipped to [-radius, radius]."""
        return np.clip(components, -radius, radius)


@dataclass(frozen=True, eq=False)
class Largest:
    """The largest of several linear functions and zero, max(0, (F v)_1, ..., (F v)_k).

    Its dual ball are weights w >= 0 with a sum of at most one.
    """

    rows: SparseRows
    variable_count: int

    @property
    def offset(self) -> FloatArray:
        """Zeros."""
        return np.zeros(self.rows.row_count)

    def image(self, variables: FloatArray) -> FloatArray:
        """F v."""
        return self.rows.times(variables)

    def adjoint(self, components: FloatArray) -> FloatArray:
        """F'w."""
        return self.rows.transposed_times(components, self.variable_count)

    def adjoint_size(self, components: FloatArray) -> FloatArray:
        """|F|'|w|."""
        return self.rows.sizes().transposed_times(np.abs(components), self.variable_count)

    def length(self, image: FloatArray) -> float:
        """The largest, at least zero."""
        return float(image.max(initial=0.0))

    def direction(self, image: FloatArray) -> FloatArray:
        """All weight on the largest, where it is above zero."""
        weights = np.zeros(len(image))
        if image.max(initial=0.0) > 0.0:
            weights[int(np.argmax(image))] = 1.0
        return weights

    def dual_length(self, components: FloatArray) -> float:
        """Sum of weights."""
        return float(np.maximum(components, 0.0).sum())

    def project(self, components: FloatArray, radius: float) -> FloatArray:
        """Weights of at least zero, scaled down to the radius where their sum is above it."""
        weights = np.maximum(components, 0.0)
        total = float(weights.sum())
        return np.asarray(weights if total <= radius else weights * (radius / total))
