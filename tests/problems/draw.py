"""Random numbers with the few shapes that generated problems need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Draw:
    """A seeded source; equal seeds give equal problems."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return bool(self.generator.random() < probability)

    def between(self, low: float, high: float) -> float:
        """Uniform."""
        return float(self.generator.uniform(low, high))

    def magnitude(self, low: float, high: float) -> float:
        """Uniform in the logarithm: every order of magnitude is as likely as the next."""
        return float(10 ** self.generator.uniform(np.log10(low), np.log10(high)))

    def normal(self, mean: float, deviation: float) -> float:
        """Normal."""
        return float(self.generator.normal(mean, deviation))

    def count(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        return int(self.generator.integers(low, high + 1))

    def one(self, items: Sequence[T]) -> T:
        """One of several."""
        return items[self.count(0, len(items) - 1)]

    def some(self, items: Sequence[T], low: int = 1) -> tuple[T, ...]:
        """A random subset of at least `low`, in the order of the items."""
        size = self.count(min(low, len(items)), len(items))
        chosen = sorted(self.generator.permutation(len(items))[:size])
        return tuple(items[index] for index in chosen)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in random order."""
        return [items[index] for index in self.generator.permutation(len(items))]

    def shares(self, count: int) -> list[float]:
        """Positive numbers that sum to one."""
        return [float(share) for share in self.generator.dirichlet(np.ones(count))]
