"""Whether the server has what expressions of Prometheus name: metrics, labels and values of labels."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from counterpoise.v1 import allocation_service_pb2 as allocation
from counterpoise.v1 import analysis_service_pb2 as analysis
from counterpoise.v1 import errors_pb2, mandate_pb2, rebalance_pb2, solve_pb2
from counterpoise.v1 import monitor_service_pb2 as monitor
from counterpoise.v1 import rebalance_service_pb2 as rebalance

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules" / "counterpoise.yaml"
RULE_TESTS = RULES.with_name("counterpoise_test.yaml")
DASHBOARD = DEPLOY / "grafana" / "counterpoise.json"

# `job` of a job reaches rules as `exported_job`: Prometheus has put its own `job` first.
METRICS: dict[str, frozenset[str]] = {
    "counterpoise_build_info": frozenset({"version"}),
    "counterpoise_calls_total": frozenset({"method", "code"}),
    "counterpoise_call_refusals_total": frozenset({"method", "reason"}),
    "counterpoise_call_duration_seconds_bucket": frozenset({"method", "le"}),
    "counterpoise_call_duration_seconds_count": frozenset({"method"}),
    "counterpoise_call_duration_seconds_sum": frozenset({"method"}),
    "counterpoise_calls_in_progress": frozenset(),
    "counterpoise_calls_admitted_maximum": frozenset(),
    "counterpoise_workers": frozenset({"state"}),
    "counterpoise_tasks_waiting": frozenset(),
    "counterpoise_workers_lost_total": frozenset(),
    "counterpoise_solves_total": frozenset({"result"}),
    "counterpoise_solve_duration_seconds_bucket": frozenset({"le"}),
    "counterpoise_solve_duration_seconds_count": frozenset(),
    "counterpoise_solve_duration_seconds_sum": frozenset(),
    "counterpoise_certificate_gap_ratio_bucket": frozenset({"le"}),
    "counterpoise_certificate_gap_ratio_count": frozenset(),
    "counterpoise_certificate_gap_ratio_sum": frozenset(),
    "counterpoise_ladder_steps_total": frozenset({"step"}),
    "counterpoise_runs": frozenset({"state", "outcome"}),
    "counterpoise_proposals_open": frozenset(),
    "counterpoise_outbox_pending": frozenset(),
    "counterpoise_audit_head_sequence": frozenset(),
    "counterpoise_job_marks_age_seconds": frozenset({"tenant", "exported_job"}),
    "counterpoise_job_reserve_coverage_ratio": frozenset({"tenant", "exported_job"}),
    "counterpoise_job_leverage_ratio": frozenset({"tenant", "exported_job", "definition"}),
    "counterpoise_job_active_annual_volatility": frozenset({"tenant", "exported_job"}),
    "counterpoise_scheduler_last_round_timestamp_seconds": frozenset(),
    "counterpoise_slots_total": frozenset({"decision"}),
    "counterpoise_triggers_fired_total": frozenset({"kind"}),
}
SCRAPED = frozenset({"namespace", "instance"})
"""Labels that Prometheus puts on everything."""


def _names(numbers: list[tuple[str, int]], prefix: str) -> frozenset[str]:
    return frozenset(name.removeprefix(prefix) for name, _ in numbers)


_SERVICES = [
    service
    for module in (allocation, analysis, monitor, rebalance)
    for service in module.DESCRIPTOR.services_by_name.values()
]
VALUES: dict[str, frozenset[str]] = {
    "code": frozenset(code.name for code in grpc.StatusCode),
    "method": frozenset(method.name for service in _SERVICES for method in service.methods),
    "reason": _names(errors_pb2.ErrorReason.items(), "ERROR_REASON_"),
    "result": _names(solve_pb2.TerminationReason.items(), "TERMINATION_REASON_"),
    "state": _names(rebalance_pb2.RebalanceRunState.items(), "REBALANCE_RUN_STATE_") | {"busy", "idle"},
    "outcome": _names(rebalance_pb2.RebalanceRunOutcome.items(), "REBALANCE_RUN_OUTCOME_") | {""},
    "definition": _names(mandate_pb2.LeverageDefinition.items(), "LEVERAGE_DEFINITION_"),
    "decision": frozenset({"run", "skipped"}),
    "kind": frozenset({"drift", "leverage", "coverage", "active_risk", "stale_marks"}),
}

_METRIC = re.compile(r"(?<![\w:])(counterpoise_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"")


def faults(expression: str) -> Iterator[str]:
    """What in an expression the server does not have; series that rules record are passed over."""
    for metric, selector in _METRIC.findall(_without_recorded(expression)):
        if metric not in METRICS:
            yield f"no metric {metric}"
            continue
        for label, operator, values in _MATCHER.findall(selector):
            if label not in METRICS[metric] | SCRAPED:
                yield f"{metric} has no label {label}"
            elif values != ".*":
                wanted = values.split("|") if operator.endswith("~") else [values]
                yield from (
                    f"{label} is never {value}" for value in wanted if value not in VALUES.get(label, {value})
                )


def _without_recorded(expression: str) -> str:
    return re.sub(r"\w+:[\w:]+", "", expression)


def promtool(*arguments: str | Path) -> str:
    """Output of promtool; skips the test where there is none, fails it where it objects."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not on the path; it comes with Prometheus")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
