"""Factors that others make up."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray

_LARGEST_CONDITION = 1e8
"""Of the standardized factors: above it their loadings are not identified in floating point."""
_COUNTS = 1e-6
"""Least weight of a factor, in standard deviations, that counts as part of another one."""


def made_up(returns: FloatArray) -> list[tuple[int, tuple[int, ...]]]:
    """Factors that those before them make up, each with these; `returns` has shape (periods, factors).

    Nothing where the condition of the standardized returns is at most 1e8. Where it is larger, factors are
    taken one after another: one of which the others before it leave a share of less than 1e-8 is made up by
    them; if there is none, it is the one of which they leave least.
    """
    centred = returns - returns.mean(axis=0)
    standard = centred / np.linalg.norm(centred, axis=0)
    singular = np.linalg.svd(standard, compute_uv=False)
    if singular[-1] * _LARGEST_CONDITION >= singular[0]:
        return []
    left = np.abs(np.diagonal(np.linalg.qr(standard, mode="r")))
    found = [index for index in range(1, len(left)) if left[index] * _LARGEST_CONDITION < 1.0]
    found = found or [int(np.argmin(left[1:])) + 1]
    return [(index, _parts(standard, index, found)) for index in found]


def _parts(standard: FloatArray, index: int, found: list[int]) -> tuple[int, ...]:
    """Which of the factors before one make it up."""
    before = [other for other in range(index) if other not in found]
    weights = np.linalg.lstsq(standard[:, before], standard[:, index], rcond=None)[0]
    return tuple(other for other, weight in zip(before, weights, strict=True) if abs(weight) > _COUNTS)
