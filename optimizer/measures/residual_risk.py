"""What each line risks beyond its drivers: residuals, shared by underlying and correlated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from counterpoise.model import (
    FloatArray,
    IndexArray,
    MarketModel,
    SymmetricMatrix,
    TotalPortfolio,
    covariance_factor,
)
from optimizer.measures.convex import read_only, weighted_count


@dataclass(frozen=True, eq=False)
class Residuals:
    """Components of residual risk: z_g = sum of size times position over group g, then C'z.

    Residuals of different groups are independent but for those in `correlated`, whose correlation
    is C C'.
    """

    size: FloatArray
    """Residual volatility of each line, or standard error, per unit of position, shape (n,)."""
    group: IndexArray
    """Lines with equal numbers share one residual; numbered by their first line."""
    correlated: IndexArray
    """Groups with a correlation."""
    correlation_factor: FloatArray
    """C, square over `correlated`."""

    def __post_init__(self) -> None:
        """Makes the arrays read-only: many measures share them."""
        for array in (self.size, self.group, self.correlated, self.correlation_factor):
            read_only(array)

    @cached_property
    def count(self) -> int:
        """Number of groups."""
        return int(self.group.max()) + 1

    def components(self, positions: FloatArray) -> FloatArray:
        """The independent components at n positions, shape (groups,)."""
        z = weighted_count(self.group, self.size * positions, self.count)
        if len(self.correlated):
            z[self.correlated] = self.correlation_factor.T @ z[self.correlated]
        return z

    def rows(self, lines: IndexArray) -> FloatArray:
        """What one unit of each line adds to the components, shape (lines, components that it touches)."""
        own, at = np.unique(self.group[lines], return_inverse=True)
        mix = np.zeros((len(own), len(own) + len(self.correlated)))
        place = {int(group): index for index, group in enumerate(self.correlated)}
        for index, group in enumerate(own):
            if int(group) in place:
                mix[index, len(own) :] = self.correlation_factor[place[int(group)]]
            else:
                mix[index, index] = 1.0
        return np.asarray(self.size[lines, None] * mix[at])

    def adjoint(self, components: FloatArray) -> FloatArray:
        """Transposed map, shape (n,)."""
        if len(self.correlated):
            components = components.copy()
            components[self.correlated] = self.correlation_factor @ components[self.correlated]
        return np.asarray(self.size * components[self.group])

    def adjoint_size(self, components: FloatArray) -> FloatArray:
        """The transposed map of absolute values."""
        size = np.abs(components)
        if len(self.correlated):
            size[self.correlated] = np.abs(self.correlation_factor) @ size[self.correlated]
        return np.asarray(self.size * size[self.group])


def residuals_of(market: MarketModel, portfolio: TotalPortfolio) -> Residuals:
    """Residual volatilities of the lines; lines on one underlying share a residual."""
    lines = portfolio.lines
    number: dict[str, int] = {}
    group = [number.setdefault(line.underlying_id or f"line:{line.line_id}", len(number)) for line in lines]
    by_line = dict(zip(portfolio.line_ids, group, strict=True))
    return residuals(
        np.array([line.annual_residual_volatility for line in lines]),
        np.array(group, dtype=np.intp),
        market.risk_model.sleeve_residual_correlation,
        by_line,
    )


def residuals(
    size: FloatArray, group: IndexArray, correlation: SymmetricMatrix | None, group_of: dict[str, int]
) -> Residuals:
    """Residuals with a correlation over some lines, each on a group of its own, or with none."""
    if correlation is None:
        return Residuals(size, group, np.zeros(0, dtype=np.intp), np.zeros((0, 0)))
    correlated = np.array([group_of[line_id] for line_id in correlation.axis_ids], dtype=np.intp)
    return Residuals(size, group, correlated, covariance_factor(correlation.to_square()))
