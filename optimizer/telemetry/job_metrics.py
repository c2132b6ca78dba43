"""Metrics of the portfolios of jobs, as whoever schedules last measured them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Gauge

MOST_JOBS = 1_000
"""Jobs with series of their own; further ones have none."""


@dataclass(frozen=True, kw_only=True)
class JobFigures:
    """What a portfolio on its marks measures; None and absent definitions for what was not measured."""

    reserve_coverage_ratio: float | None = None
    """Smallest over scenarios and horizons."""
    leverage_ratios: Mapping[str, float] = field(default_factory=dict)
    """By the contract's name of the definition."""
    active_annual_volatility: float | None = None
    """Annual standard deviation against the benchmark, decimal."""


class JobMetrics:
    """Figures of jobs, by tenant and id of the job; thread-safe. Without a registry nobody sees them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._lock = threading.Lock()
        self._definitions: dict[tuple[str, str], frozenset[str]] = {}
        self._coverage = Gauge(
            "counterpoise_job_reserve_coverage_ratio",
            "Reserve over what has to be paid, smallest over scenarios and horizons.",
            ("tenant", "rebalance_job"),
            registry=registry,
        )
        self._leverage = Gauge(
            "counterpoise_job_leverage_ratio",
            "Leverage of the portfolio on its marks, over NAV, by definition.",
            ("tenant", "rebalance_job", "definition"),
            registry=registry,
        )
        self._active_risk = Gauge(
            "counterpoise_job_active_annual_volatility",
            "Annual volatility of the portfolio on its marks against its benchmark, decimal.",
            ("tenant", "rebalance_job"),
            registry=registry,
        )

    def set_job_figures(self, tenant: str, job: str, figures: JobFigures) -> None:
        """The job's figures from now on; what is not among them is no longer shown."""
        key = (tenant, job)
        with self._lock:
            if key not in self._definitions and len(self._definitions) >= MOST_JOBS:
                return
            _show(self._coverage, key, figures.reserve_coverage_ratio)
            _show(self._active_risk, key, figures.active_annual_volatility)
            for definition in self._definitions.get(key, frozenset()) - set(figures.leverage_ratios):
                self._leverage.remove(*key, definition)
            for definition, ratio in figures.leverage_ratios.items():
                self._leverage.labels(*key, definition).set(ratio)
            self._definitions[key] = frozenset(figures.leverage_ratios)

    def forget_job(self, tenant: str, job: str) -> None:
        """Show the job no longer, as after it was deleted; one that is not shown is passed over."""
        self.set_job_figures(tenant, job, JobFigures())
        with self._lock:
            self._definitions.pop((tenant, job), None)


def _show(gauge: Gauge, key: tuple[str, str], value: float | None) -> None:
    if value is not None:
        gauge.labels(*key).set(value)
    else:
        gauge.remove(*key)
