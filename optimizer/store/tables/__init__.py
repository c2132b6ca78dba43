"""Tables of the store, one family a module."""

from __future__ import annotations

from optimizer.store.columns import METADATA
from optimizer.store.tables.audit import audit_head, audit_log
from optimizer.store.tables.jobs import job_revisions, jobs
from optimizer.store.tables.marks import marks
from optimizer.store.tables.proposals import decisions, proposals
from optimizer.store.tables.requests import idempotency_keys, outbox
from optimizer.store.tables.runs import allocations, runs
from optimizer.store.tables.switches import kill_switches
from optimizer.store.tables.watches import triggers, watches

__all__ = [
    "METADATA",
    "allocations",
    "audit_head",
    "audit_log",
    "decisions",
    "idempotency_keys",
    "job_revisions",
    "jobs",
    "kill_switches",
    "marks",
    "outbox",
    "proposals",
    "runs",
    "triggers",
    "watches",
]
