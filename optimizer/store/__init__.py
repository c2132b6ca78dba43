"""The record of rebalancing: jobs, runs, proposals, decisions, and an audit log that an auditor can check.

Callers open transactions with `writing` and `reading`, and call the room's functions with the connection
that these give; every change of state writes its audit row and its message in the same transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from optimizer.store.audit import Act, Actor, AuditHead, append_audit, verify_audit
from optimizer.store.changes import change_state
from optimizer.store.engine import open_engine, opened, reading, writing
from optimizer.store.errors import StoreError
from optimizer.store.jobs import JobContent, create_job, revise_job
from optimizer.store.migrate import upgrade
from optimizer.store.outbox import Message, delivered, pending, sent_after
from optimizer.store.proposals import Proposal, create_proposal, decide, supersede_open
from optimizer.store.requests import RequestKey, forget_expired, recall, remember
from optimizer.store.runs import create_run, finish_run, keep_allocation
from optimizer.store.states import JobState, ProposalState, RunOutcome, RunState

__all__ = [
    "Act",
    "Actor",
    "AuditHead",
    "Connection",
    "Engine",
    "JobContent",
    "JobState",
    "Message",
    "Proposal",
    "ProposalState",
    "RequestKey",
    "RunOutcome",
    "RunState",
    "StoreError",
    "append_audit",
    "change_state",
    "create_job",
    "create_proposal",
    "create_run",
    "decide",
    "delivered",
    "finish_run",
    "forget_expired",
    "keep_allocation",
    "open_engine",
    "opened",
    "pending",
    "reading",
    "recall",
    "remember",
    "revise_job",
    "sent_after",
    "supersede_open",
    "upgrade",
    "verify_audit",
    "writing",
]
