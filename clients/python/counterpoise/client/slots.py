"""Slots that were skipped, out of the runs of a job."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from counterpoise.model import RebalanceRun, RebalanceRunState

RUNS_AT_A_TIME = 1000
"""Largest page of a list."""


def skipped(runs: Iterable[RebalanceRun]) -> tuple[datetime.datetime, ...]:
    """Slots that were skipped and have no other run, earliest first."""
    left: set[datetime.datetime] = set()
    run: set[datetime.datetime] = set()
    for item in runs:
        if item.slot_time is not None:
            (left if item.state is RebalanceRunState.SKIPPED else run).add(item.slot_time)
    return tuple(sorted(left - run))
