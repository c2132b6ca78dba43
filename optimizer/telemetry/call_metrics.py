"""Metrics of calls: how many end how, how long they take, how full the server is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

OTHER_METHOD = "other"
"""Label of every method that is none of the contract's: strangers choose such names."""
DURATION_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds in seconds: from a validation to twice the default time limit."""

ANNOUNCED_CODES = ("OK", "INTERNAL", "UNAVAILABLE", "UNKNOWN", "DATA_LOSS")
ANNOUNCED_REASONS = ("STORE_UNAVAILABLE", "SHUTTING_DOWN")


class CallMetrics:
    """Counts calls by the names of their methods; thread-safe. Without a registry nobody sees the counts.

    A method that was not announced counts as `other`, so that the number of series has a bound.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._methods: frozenset[str] = frozenset()
        self._unary: frozenset[str] = frozenset()
        self._ended = Counter(
            "counterpoise_calls_total",
            "Calls that ended, by method of the contract and gRPC status code.",
            ("method", "code"),
            registry=registry,
        )
        self._refused = Counter(
            "counterpoise_call_refusals_total",
            "Calls that ended with a reason of the contract instead of an answer.",
            ("method", "reason"),
            registry=registry,
        )
        self._duration = Histogram(
            "counterpoise_call_duration_seconds",
            "Time from a call's arrival to its end; streams, which last as long as callers like, left out.",
            ("method",),
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self._in_progress = Gauge(
            "counterpoise_calls_in_progress",
            "Calls that hold a place now, waiting ones included, streams left out.",
            registry=registry,
        )
        self._admitted_maximum = Gauge(
            "counterpoise_calls_admitted_maximum",
            "Places for calls; a server without a free one refuses.",
            registry=registry,
        )

    def announce(self, unary: Iterable[str], streams: Iterable[str]) -> None:
        """The methods of the contract, by their names without the service.

        Each starts with 0 of the codes and reasons that alerts look for: an increase is seen from 0 alone.
        """
        self._unary = frozenset(unary)
        self._methods = self._unary | frozenset(streams)
        for method in sorted(self._methods):
            for code in ANNOUNCED_CODES:
                self._ended.labels(method, code)
            for reason in ANNOUNCED_REASONS:
                self._refused.labels(method, reason)

    def watch_places(self, maximum: int, taken: Callable[[], int]) -> None:
        """How many places there are, and what says how many are taken; asked at every scrape."""
        self._admitted_maximum.set(maximum)
        self._in_progress.set_function(taken)

    def ended(
        self, method: str, code: str, reason: str | None = None, duration_seconds: float | None = None
    ) -> None:
        """One call more: its gRPC code, the contract's reason if it was refused, how long it took."""
        label = method if method in self._methods else OTHER_METHOD
        self._ended.labels(label, code).inc()
        if reason is not None:
            self._refused.labels(label, reason).inc()
        if duration_seconds is not None and label in self._unary:
            self._duration.labels(label).observe(duration_seconds)
