"""The record of rebalancing: jobs, runs, proposals, decisions, and an audit log that an auditor can check.

Callers open transactions with `writing` and `reading`, and call the room's functions with the connection
that these give; every change of state writes its audit row and its message in the same transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from optimizer.store.audit import Act, Actor, AuditHead, act_in_tenant, append_audit, verify_audit
from optimizer.store.audit_rows import AuditRow, audit_rows
from optimizer.store.changes import change_state
from optimizer.store.counts import MarkedJob, StoreCounts, count_store
from optimizer.store.decisions import decide
from optimizer.store.engine import database_file, database_instant, open_engine, opened, reading, writing
from optimizer.store.errors import (
    AlreadyExists,
    ApproverBarred,
    ContentMismatch,
    LeaseLost,
    NotFound,
    ProposalNotOpen,
    RequestIdReused,
    RunInProgress,
    StateChanged,
    StoreError,
    StoreUnavailable,
    TextRefused,
    VersionChanged,
)
from optimizer.store.job_rows import JobRow, get_job, get_revision, list_jobs
from optimizer.store.job_states import count_failure, count_success, delete_job, pause_job, resume_job
from optimizer.store.jobs import JobContent, create_job, revise_job
from optimizer.store.leases import begin_with_marks, claim_run, give_back, renew_lease
from optimizer.store.marks import (
    MarksRow,
    RecordedMarks,
    get_marks,
    last_by_day,
    latest_marks,
    list_marks,
    marks_from,
    record_marks,
)
from optimizer.store.migrate import upgrade
from optimizer.store.outbox import Message, delivered, last_message_id, pending, sent_after
from optimizer.store.pages import Place
from optimizer.store.proposal_rows import (
    DecisionRow,
    ProposalRow,
    get_proposal,
    list_proposals,
    waiting_releases,
)
from optimizer.store.proposals import Proposal, create_proposal, expire_due, supersede_open
from optimizer.store.releases import outstanding_releases, set_release
from optimizer.store.requests import RequestKey, forget_expired, recall, remember
from optimizer.store.run_ends import cancel_run, fail_run, finish_run
from optimizer.store.run_rows import RunRow, get_run, list_runs, unfinished_runs
from optimizer.store.runs import create_run, keep_allocation
from optimizer.store.slots import (
    ActiveJob,
    active_jobs,
    decide_slots,
    decided_slot_instant,
    slots_on_record,
)
from optimizer.store.states import JobState, ProposalState, ReleaseState, RunOutcome, RunState, TriggerState
from optimizer.store.switches import (
    EVERYBODY,
    SwitchRow,
    engage_switch,
    engaged_switches,
    release_switch,
    switches_of,
)
from optimizer.store.watches import (
    LookRow,
    TriggerRow,
    WatchRow,
    fire_trigger,
    get_watch,
    keep_triggers,
    keep_watch,
    last_look,
    triggers_of,
    watches_of_active_jobs,
)

__all__ = [
    "EVERYBODY",
    "Act",
    "ActiveJob",
    "Actor",
    "AlreadyExists",
    "ApproverBarred",
    "AuditHead",
    "AuditRow",
    "Connection",
    "ContentMismatch",
    "DecisionRow",
    "Engine",
    "JobContent",
    "JobRow",
    "JobState",
    "LeaseLost",
    "LookRow",
    "MarkedJob",
    "MarksRow",
    "Message",
    "NotFound",
    "Place",
    "Proposal",
    "ProposalNotOpen",
    "ProposalRow",
    "ProposalState",
    "RecordedMarks",
    "ReleaseState",
    "RequestIdReused",
    "RequestKey",
    "RunInProgress",
    "RunOutcome",
    "RunRow",
    "RunState",
    "StateChanged",
    "StoreCounts",
    "StoreError",
    "StoreUnavailable",
    "SwitchRow",
    "TextRefused",
    "TriggerRow",
    "TriggerState",
    "VersionChanged",
    "WatchRow",
    "act_in_tenant",
    "active_jobs",
    "append_audit",
    "audit_rows",
    "begin_with_marks",
    "cancel_run",
    "change_state",
    "claim_run",
    "count_failure",
    "count_store",
    "count_success",
    "create_job",
    "create_proposal",
    "create_run",
    "database_file",
    "database_instant",
    "decide",
    "decide_slots",
    "decided_slot_instant",
    "delete_job",
    "delivered",
    "engage_switch",
    "engaged_switches",
    "expire_due",
    "fail_run",
    "finish_run",
    "fire_trigger",
    "forget_expired",
    "get_job",
    "get_marks",
    "get_proposal",
    "get_revision",
    "get_run",
    "get_watch",
    "give_back",
    "keep_allocation",
    "keep_triggers",
    "keep_watch",
    "last_by_day",
    "last_look",
    "last_message_id",
    "latest_marks",
    "list_jobs",
    "list_marks",
    "list_proposals",
    "list_runs",
    "marks_from",
    "open_engine",
    "opened",
    "outstanding_releases",
    "pause_job",
    "pending",
    "reading",
    "recall",
    "record_marks",
    "release_switch",
    "remember",
    "renew_lease",
    "resume_job",
    "revise_job",
    "sent_after",
    "set_release",
    "slots_on_record",
    "supersede_open",
    "switches_of",
    "triggers_of",
    "unfinished_runs",
    "upgrade",
    "verify_audit",
    "waiting_releases",
    "watches_of_active_jobs",
    "writing",
]
