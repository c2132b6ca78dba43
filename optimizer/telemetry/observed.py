"""Collectors: metrics that are read where they are kept, at every scrape, instead of being counted along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily


class WorkerCounts(Protocol):
    """A pool of workers, counted at one moment."""

    @property
    def busy(self) -> int:
        """Workers with a task, or that are being replaced."""

    @property
    def idle(self) -> int:
        """Workers that wait for a task."""

    @property
    def waiting(self) -> int:
        """Tasks that wait for a worker."""

    @property
    def lost(self) -> int:
        """Workers that died of themselves, since the start."""


@dataclass(frozen=True, kw_only=True)
class StoreFigures:
    """The store, counted at one moment."""

    runs: Mapping[tuple[str, str], int]
    """How many by state and outcome; the outcome is empty where there is none."""
    open_proposal_count: int
    pending_message_count: int | None
    audit_head_sequence: int
    marks_age_seconds: Mapping[tuple[str, str], float]
    """Age of the last marks, by tenant and id of the job."""


@dataclass(frozen=True)
class WorkersCollector:
    """Metrics of a pool of workers; `read` is asked at every scrape and does not wait."""

    read: Callable[[], WorkerCounts]

    def collect(self) -> Iterator[Metric]:
        """The metrics now."""
        counts = self.read()
        workers = GaugeMetricFamily(
            "counterpoise_workers", "Worker processes, by what they do.", labels=("state",)
        )
        workers.add_metric(("busy",), counts.busy)
        workers.add_metric(("idle",), counts.idle)
        yield workers
        yield GaugeMetricFamily(
            "counterpoise_tasks_waiting", "Tasks that wait for a worker.", value=counts.waiting
        )
        yield CounterMetricFamily(
            "counterpoise_workers_lost_total",
            "Workers that died without being asked to; those ended for a deadline do not count.",
            value=counts.lost,
        )


@dataclass(frozen=True)
class StoreCollector:
    """Metrics of the store; `read` gives what is known without waiting, None while nothing is.

    Without figures the series are absent: old numbers would look like new ones.
    """

    read: Callable[[], StoreFigures | None]

    def collect(self) -> Iterator[Metric]:
        """The metrics now."""
        figures = self.read()
        runs = GaugeMetricFamily(
            "counterpoise_runs",
            "Runs on record, by state, and by outcome where they succeeded.",
            labels=("state", "outcome"),
        )
        proposals = GaugeMetricFamily(
            "counterpoise_proposals_open", "Proposals that wait for a decision.", labels=()
        )
        outbox = GaugeMetricFamily(
            "counterpoise_outbox_pending", "Messages that have not been delivered yet.", labels=()
        )
        head = GaugeMetricFamily(
            "counterpoise_audit_head_sequence",
            "Number of the audit log's last row.",
            labels=(),
        )
        marks = GaugeMetricFamily(
            "counterpoise_job_marks_age_seconds",
            "Age of an active job's last marks, as the guard against stale marks takes it.",
            labels=("tenant", "rebalance_job"),
        )
        if figures is not None:
            for key, count in figures.runs.items():
                runs.add_metric(key, count)
            proposals.add_metric((), figures.open_proposal_count)
            if figures.pending_message_count is not None:
                outbox.add_metric((), figures.pending_message_count)
            head.add_metric((), figures.audit_head_sequence)
            for job, age in figures.marks_age_seconds.items():
                marks.add_metric(job, age)
        yield from (runs, proposals, outbox, head, marks)
