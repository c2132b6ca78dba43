"""Slots that are skipped, on record as runs of their own."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from optimizer.rebalance.names import new_name
from optimizer.store import Act, RunState, create_run

MOST_SLOTS = 200
"""How many slots one transaction records: others wait for it no longer than about a second."""


def skip_slots(act: Act, job_name: str, slots: Iterable[datetime.datetime]) -> None:
    """Record slots of a job as SKIPPED. Raises AlreadyExists for one that was skipped before."""
    for slot in slots:
        create_run(act, new_name(job_name, "runs"), job_name, slot_instant=slot, state=RunState.SKIPPED)
