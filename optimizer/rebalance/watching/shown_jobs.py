"""Figures of active jobs, as they were measured last, for metrics."""

from __future__ import annotations

from optimizer.rebalance.desk import Desk
from optimizer.rebalance.names import job_id
from optimizer.rebalance.watching.kept import figures_of
from optimizer.store import reading, watches_of_active_jobs
from optimizer.telemetry.job_metrics import JobFigures, JobMetrics


class ShownJobs:
    """Which jobs metrics show: those that are active and were measured."""

    def __init__(self, metrics: JobMetrics) -> None:
        self._metrics = metrics
        self._shown: set[tuple[str, str]] = set()

    def show(self, desk: Desk) -> None:
        """Show the figures of jobs as they are now, and no longer those of others. Raises StoreError."""
        with reading(desk.engine) as connection:
            watches = watches_of_active_jobs(connection)
        found = {
            (watch.tenant, job_id(watch.job_name)): figures
            for watch in watches
            if (figures := figures_of(watch)) is not None
        }
        for key in self._shown - set(found):
            self._metrics.forget_job(*key)
        for key, figures in found.items():
            ratios = {definition.name: value for definition, value in figures.leverage_ratios.items()}
            shown = JobFigures(
                reserve_coverage_ratio=figures.coverage_ratio,
                leverage_ratios=ratios,
                active_annual_volatility=figures.active_annual_volatility,
            )
            self._metrics.set_job_figures(*key, shown)
        self._shown = set(found)
