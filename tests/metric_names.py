"""Names of metrics without their prefix, and their labels, as operators know them."""

from __future__ import annotations

NAMES: dict[str, set[str]] = {
    "build_info": {"version"},
    "calls_total": {"method", "code"},
    "call_refusals_total": {"method", "reason"},
    "call_duration_seconds": {"method"},
    "calls_in_progress": set(),
    "calls_admitted_maximum": set(),
    "workers": {"state"},
    "tasks_waiting": set(),
    "workers_lost_total": set(),
    "solves_total": {"result"},
    "solve_duration_seconds": set(),
    "certificate_gap_ratio": set(),
    "ladder_steps_total": {"step"},
    "runs": {"state", "outcome"},
    "proposals_open": set(),
    "outbox_pending": set(),
    "audit_head_sequence": set(),
    "store_figures_failures_total": set(),
    "job_marks_age_seconds": {"tenant", "rebalance_job"},
    "job_reserve_coverage_ratio": {"tenant", "rebalance_job"},
    "job_leverage_ratio": {"tenant", "rebalance_job", "definition"},
    "job_active_annual_volatility": {"tenant", "rebalance_job"},
    "scheduler_last_round_timestamp_seconds": set(),
    "slots_total": {"decision"},
    "jobs_without_slots": set(),
    "triggers_fired_total": {"kind"},
}
"""Alert rules and dashboards of operators know these: a change breaks them."""
