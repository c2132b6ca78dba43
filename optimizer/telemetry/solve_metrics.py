"""Metrics of solves: what they come to, how long they take, how good their proofs are."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram

from optimizer.telemetry.call_metrics import DURATION_BUCKETS

GAP_BUCKETS = (1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""Upper bounds of the relative gap; callers may allow more than the usual 1e-5."""


class SolveMetrics:
    """Counts solves, those of calls and those of runs; thread-safe. Without a registry nobody sees them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._ended = Counter(
            "counterpoise_solves_total",
            "Solves that ended, by the contract's reason of their end or of their failure.",
            ("result",),
            registry=registry,
        )
        self._duration = Histogram(
            "counterpoise_solve_duration_seconds",
            "Time of a solve, waiting for a worker, certificate and report included, however it ended.",
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self._gap = Histogram(
            "counterpoise_certificate_gap_ratio",
            "Relative duality gap of certified answers.",
            buckets=GAP_BUCKETS,
            registry=registry,
        )
        self._steps = Counter(
            "counterpoise_ladder_steps_total",
            "Attempts by step of the ladder; a later step means that an earlier one brought no certificate.",
            ("step",),
            registry=registry,
        )

    def announce(self, results: Iterable[str], steps: Iterable[str]) -> None:
        """Results and steps that are to be seen before there are any."""
        for result in results:
            self._ended.labels(result)
        for step in steps:
            self._steps.labels(step)

    def ended(self, result: str, duration_seconds: float, relative_gap: float | None = None) -> None:
        """One solve more; `relative_gap` is that of a certified answer."""
        self._ended.labels(result).inc()
        self._duration.observe(duration_seconds)
        if relative_gap is not None:
            self._gap.observe(relative_gap)

    def stepped(self, step: str) -> None:
        """One attempt more on this step of the ladder."""
        self._steps.labels(step).inc()
