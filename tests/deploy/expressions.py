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
from tests.metric_names import NAMES

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules" / "counterpoise.yaml"
RULE_TESTS = RULES.with_name("counterpoise_test.yaml")
DASHBOARD = DEPLOY / "grafana" / "counterpoise.json"

_HISTOGRAMS = ("call_duration_seconds", "solve_duration_seconds", "certificate_gap_ratio")
METRICS: dict[str, frozenset[str]] = {
    f"counterpoise_{name}{part}": frozenset(labels | ({"le"} if part == "_bucket" else set()))
    for name, labels in NAMES.items()
    for part in (("_bucket", "_count", "_sum") if name in _HISTOGRAMS else ("",))
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
