"""Medians of interleaved runs: noise of the machine then hits every contestant alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping

Contestant = Callable[[int], object]
"""Does its work for round number n; rounds may ask slightly different questions."""


def interleaved_medians(
    contestants: Mapping[str, Contestant], *, rounds: int, warm_up: int = 2
) -> dict[str, float]:
    """Median milliseconds of each contestant over `rounds`, after `warm_up` rounds that do not count."""
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    gc.collect()
    for number in range(-warm_up, rounds):
        for name, contestant in contestants.items():
            started = time.perf_counter()
            contestant(number + warm_up)
            elapsed = time.perf_counter() - started
            if number >= 0:
                samples[name].append(1e3 * elapsed)
    return {name: statistics.median(values) for name, values in samples.items()}
