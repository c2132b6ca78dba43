"""What is counted, under which names, in how many series."""

import datetime
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from optimizer.telemetry import job_metrics
from optimizer.telemetry.job_metrics import JobFigures
from optimizer.telemetry.metrics import Metrics
from optimizer.telemetry.observed import StoreFigures
from tests.metric_names import NAMES
from tests.scraping import samples, value

PROMTOOL = shutil.which("promtool")
DEPLOY = Path(__file__).parents[4] / "deploy"
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
FIGURES = JobFigures(
    reserve_coverage_ratio=1.4,
    leverage_ratios={"GROSS": 1.8, "COMMITMENT": 1.5},
    active_annual_volatility=0.021,
)


@dataclass
class Counts:
    """A pool of workers."""

    busy: int = 1
    idle: int = 3
    waiting: int = 2
    lost: int = 4


@pytest.fixture
def metrics():
    return Metrics("1.2.3")


@pytest.fixture
def full(metrics):
    """Metrics in which every series has happened."""
    metrics.watch_workers(Counts)
    metrics.watch_store(
        lambda: StoreFigures(
            runs={("FAILED", ""): 2, ("SUCCEEDED", "PROPOSED"): 5},
            open_proposal_count=1,
            pending_message_count=7,
            audit_head_sequence=99,
            marks_age_seconds={("pension", "monthly"): 3600.0},
        )
    )
    metrics.calls.announce(["Allocate"], ["WatchRebalanceRuns"])
    metrics.calls.watch_places(6, lambda: 2)
    metrics.calls.ended("Allocate", "OK", None, 0.02)
    metrics.calls.ended("Allocate", "RESOURCE_EXHAUSTED", "SERVER_BUSY", 0.001)
    metrics.solves.ended("OPTIMAL", 0.02, 1e-9)
    metrics.solves.stepped("clarabel")
    metrics.schedule.round_ended(NOON)
    metrics.schedule.slot_decided("run")
    metrics.schedule.trigger_fired("drift")
    metrics.jobs.set_job_figures("pension", "monthly", FIGURES)
    return metrics


def text_of(metrics):
    return generate_latest(metrics.registry).decode()


def families_of(metrics):
    return list(text_string_to_metric_families(text_of(metrics)))


def test_names_and_labels_are_those_that_operators_know(full):
    found = {}
    for series, labels in samples(text_of(full)):
        name = re.sub("_(bucket|sum|count)$", "", series.removeprefix("counterpoise_"))
        found.setdefault(name, set()).update({key for key, _ in labels} - {"le"})
    assert found == NAMES


def test_names_keep_the_conventions(full):
    for family in families_of(full):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert re.fullmatch("counterpoise(_[a-z][a-z0-9]*)+", name), name
        assert family.type in {"counter", "gauge", "histogram"}, name
        assert (family.type == "counter") == name.endswith("_total"), name
        assert re.search(r"\A[A-Z].{15,120}[^.]\.\Z", family.documentation), name
        assert not re.search(
            "_(ms|milliseconds|minutes|hours|days|percent|bps|kb|mb|count|sum|bucket)(_|$)", name
        )
        if family.type == "histogram":
            assert name.endswith(("_seconds", "_ratio")), name
        for sample in family.samples:
            assert sample.name.startswith(family.name)
            assert all(re.fullmatch("[a-z]+(_[a-z]+)*", label) for label in sample.labels), sample


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_promtool_finds_nothing_to_say(full):
    done = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=text_of(full), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_deployment_guide_names_every_metric():
    guide = "".join(path.read_text() for path in sorted(DEPLOY.glob("README*.md")))
    assert [name for name in NAMES if f"`{name}`" not in guide] == []


def test_values_are_those_that_were_observed(full):
    text = text_of(full)
    assert value(text, "build_info", version="1.2.3") == 1
    assert value(text, "calls_total", method="Allocate", code="OK") == 1
    assert value(text, "call_refusals_total", method="Allocate", reason="SERVER_BUSY") == 1
    assert value(text, "call_duration_seconds_sum", method="Allocate") == pytest.approx(0.021)
    assert (value(text, "calls_in_progress"), value(text, "calls_admitted_maximum")) == (2, 6)
    assert (value(text, "workers", state="busy"), value(text, "workers", state="idle")) == (1, 3)
    assert (value(text, "tasks_waiting"), value(text, "workers_lost_total")) == (2, 4)
    assert value(text, "runs", state="SUCCEEDED", outcome="PROPOSED") == 5
    assert value(text, "audit_head_sequence") == 99
    assert value(text, "job_marks_age_seconds", tenant="pension", rebalance_job="monthly") == 3600
    assert (
        value(text, "job_leverage_ratio", tenant="pension", rebalance_job="monthly", definition="GROSS")
        == 1.8
    )
    assert value(text, "scheduler_last_round_timestamp_seconds") == NOON.timestamp()


def test_methods_that_strangers_name_share_one_series(metrics):
    metrics.calls.announce(["Allocate"], [])
    before = len(samples(text_of(metrics)))
    for number in range(1_000):
        metrics.calls.ended(f"Evil{number}", "UNIMPLEMENTED", None, 0.1)
    text = text_of(metrics)
    assert len(samples(text)) == before + 1
    assert value(text, "calls_total", method="other", code="UNIMPLEMENTED") == 1_000


def test_what_alerts_look_for_starts_at_0_for_every_method(metrics):
    metrics.calls.announce(["Allocate"], ["WatchRebalanceRuns"])
    text = text_of(metrics)
    for method in ("Allocate", "WatchRebalanceRuns"):
        for code in ("OK", "INTERNAL", "UNAVAILABLE", "UNKNOWN", "DATA_LOSS"):
            assert value(text, "calls_total", method=method, code=code) == 0
        for reason in ("STORE_UNAVAILABLE", "SHUTTING_DOWN"):
            assert value(text, "call_refusals_total", method=method, reason=reason) == 0
    assert not [labels for _, labels in samples(text) if ("method", "other") in labels]


def test_a_stream_counts_and_its_length_does_not(full):
    full.calls.ended("WatchRebalanceRuns", "CANCELLED", None, 86_400.0)
    text = text_of(full)
    assert value(text, "calls_total", method="WatchRebalanceRuns", code="CANCELLED") == 1
    assert value(text, "call_duration_seconds_count", method="WatchRebalanceRuns") is None


def test_what_never_happened_has_a_first_zero_except_the_round_of_a_scheduler(metrics):
    text = text_of(metrics)
    assert value(text, "slots_total", decision="skipped") == 0
    assert value(text, "triggers_fired_total", kind="stale_marks") == 0
    assert value(text, "scheduler_last_round_timestamp_seconds") is None
    metrics.schedule.round_ended(NOON)
    metrics.schedule.round_ended(NOON + datetime.timedelta(minutes=1))
    assert value(text_of(metrics), "scheduler_last_round_timestamp_seconds") == NOON.timestamp() + 60


def test_a_job_shows_what_was_measured_last_and_nothing_once_it_is_forgotten(metrics):
    metrics.jobs.set_job_figures("pension", "monthly", FIGURES)
    metrics.jobs.set_job_figures("pension", "monthly", JobFigures(leverage_ratios={"GROSS": 1.9}))
    metrics.jobs.set_job_figures("endowment", "monthly", FIGURES)
    shown = {
        key: found for key, found in samples(text_of(metrics)).items() if ("tenant", "pension") in key[1]
    }
    assert list(shown.values()) == [1.9]
    metrics.jobs.forget_job("pension", "monthly")
    metrics.jobs.forget_job("pension", "never shown")
    text = text_of(metrics)
    assert "pension" not in text
    assert value(text, "job_reserve_coverage_ratio", tenant="endowment", rebalance_job="monthly") == 1.4


def test_jobs_beyond_the_bound_have_no_series_until_another_leaves(metrics, monkeypatch):
    monkeypatch.setattr(job_metrics, "MOST_JOBS", 2)
    for job in ("a", "b", "c"):
        metrics.jobs.set_job_figures("pension", job, FIGURES)
    assert value(text_of(metrics), "job_reserve_coverage_ratio", tenant="pension", rebalance_job="c") is None
    metrics.jobs.forget_job("pension", "a")
    metrics.jobs.set_job_figures("pension", "c", FIGURES)
    assert value(text_of(metrics), "job_reserve_coverage_ratio", tenant="pension", rebalance_job="c") == 1.4


def test_without_figures_the_store_has_no_series(metrics):
    metrics.watch_store(lambda: None)
    assert not {"counterpoise_runs", "counterpoise_audit_head_sequence"} & {
        name for name, _ in samples(text_of(metrics))
    }


def test_two_servers_in_one_process_count_for_themselves():
    first, second = Metrics("1"), Metrics("2", CollectorRegistry())
    first.solves.stepped("scs")
    second.solves.announce([], ["scs"])
    assert value(text_of(first), "ladder_steps_total", step="scs") == 1
    assert value(text_of(second), "ladder_steps_total", step="scs") == 0
