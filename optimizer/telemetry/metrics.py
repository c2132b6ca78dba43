"""Metrics of the server for Prometheus, all in one registry.

Names begin with `counterpoise_`, numbers are in base units, labels take values from short lists: methods and
reasons of the contract, and jobs up to a bound. Nothing of a problem is in them but the ids of tenants and
jobs.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Info, disable_created_metrics

from optimizer.telemetry.call_metrics import CallMetrics
from optimizer.telemetry.job_metrics import JobMetrics
from optimizer.telemetry.observed import StoreCollector, StoreFigures, WorkerCounts, WorkersCollector
from optimizer.telemetry.schedule_metrics import ScheduleMetrics
from optimizer.telemetry.solve_metrics import SolveMetrics

# A third more series, for the moments at which counters were made.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """Everything that one server counts; a server has one, and shares its registry with nobody.

    Those who count are given the part that is theirs.
    """

    def __init__(self, version: str, registry: CollectorRegistry | None = None) -> None:
        self.registry = CollectorRegistry() if registry is None else registry
        self.calls = CallMetrics(self.registry)
        self.solves = SolveMetrics(self.registry)
        self.schedule = ScheduleMetrics(self.registry)
        self.jobs = JobMetrics(self.registry)
        build = Info("counterpoise_build", "Release of the server.", registry=self.registry)
        build.info({"version": version})
        self._store_failures = Counter(
            "counterpoise_store_figures_failures_total",
            "Times that the figures of the store could not be read.",
            registry=self.registry,
        )

    def watch_workers(self, read: Callable[[], WorkerCounts]) -> None:
        """Show the workers that `read` counts at every scrape."""
        self.registry.register(WorkersCollector(read))

    def watch_store(self, read: Callable[[], StoreFigures | None]) -> None:
        """Show the store as `read` last saw it."""
        self.registry.register(StoreCollector(read))

    def store_figures_failed(self) -> None:
        """The figures of the store could not be read."""
        self._store_failures.inc()
