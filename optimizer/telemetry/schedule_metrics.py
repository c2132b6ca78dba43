"""Metrics of whoever schedules: rounds, slots and triggers."""

from __future__ import annotations

import datetime
import threading
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge

SlotDecision = Literal["run", "skipped"]
TriggerKind = Literal["drift", "leverage", "coverage", "active_risk", "stale_marks"]


class ScheduleMetrics:
    """Counts what a scheduler does; thread-safe. Without a registry nobody sees the counts."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._registry = registry
        self._lock = threading.Lock()
        # Registered with the first round: 0 would be a round in 1970, and alerts take it for one.
        self._last_round = Gauge(
            "counterpoise_scheduler_last_round_timestamp_seconds",
            "When the scheduler last looked at all jobs, seconds since 1970.",
            registry=None,
        )
        self._last_round_is_known = False
        self._slots = Counter(
            "counterpoise_slots_total",
            "Slots of schedules that came due, by what was decided.",
            ("decision",),
            registry=registry,
        )
        self._triggers = Counter(
            "counterpoise_triggers_fired_total",
            "Triggers that fired, by what they watch.",
            ("kind",),
            registry=registry,
        )
        self._jobs_without_slots = Gauge(
            "counterpoise_jobs_without_slots",
            "Active jobs with a schedule whose next slot is not known.",
            registry=registry,
        )
        for decision in get_args(SlotDecision):
            self._slots.labels(decision)
        for kind in get_args(TriggerKind):
            self._triggers.labels(kind)

    def round_ended(self, instant: datetime.datetime) -> None:
        """The scheduler has looked at all jobs; `instant` has a zone."""
        self._last_round.set(instant.timestamp())
        with self._lock:
            if self._registry is not None and not self._last_round_is_known:
                self._registry.register(self._last_round)
            self._last_round_is_known = True

    def slot_decided(self, decision: SlotDecision) -> None:
        """A slot came due, and this was decided."""
        self._slots.labels(decision).inc()

    def set_jobs_without_slots(self, count: int) -> None:
        """Of so many active jobs with a schedule nobody knows the next slot."""
        self._jobs_without_slots.set(count)

    def trigger_fired(self, kind: TriggerKind) -> None:
        """A trigger fired."""
        self._triggers.labels(kind).inc()
