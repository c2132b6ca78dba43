"""Commands that run jobs by their schedules, as processes on a real store and the real clock."""

from __future__ import annotations

import datetime
import http.client
import json
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from counterpoise.model import (
    CreateRebalanceJobRequest,
    DailyCadence,
    GetRebalanceJobRequest,
    LeverageDefinition,
    LeverageTrigger,
    ListRebalanceRunsRequest,
    RebalanceJob,
    RebalanceRunOutcome,
    RebalanceRunState,
    RunPolicy,
    Schedule,
    Trigger,
    TriggerState,
)
from tests.office import JOB, TENANT, new_id, open_office
from tests.rebalancing import fund, marks
from tests.serving import AMPLE_SECONDS, BIN, server_environment

DAILY = Schedule(
    time_zone="Europe/London", exchange_code="XLON", time_of_day=datetime.time(), daily=DailyCadence()
)
LONG = datetime.timedelta(days=3_650)
TEN_DAYS = datetime.timedelta(days=10)


@pytest.fixture
def office(tmp_path, allocate):
    """A job whose daily slots nobody has decided for ten days; the latest of them may be caught up."""
    opened = open_office(tmp_path, allocate)
    opened.now = datetime.datetime.now(datetime.UTC) - TEN_DAYS
    policy = RunPolicy(catch_up_window=TEN_DAYS, maximum_mark_age=LONG)
    request = CreateRebalanceJobRequest(
        parent=TENANT,
        rebalance_job_id="monthly",
        rebalance_job=RebalanceJob(problem=fund(), schedule=DAILY, run_policy=policy),
        request_id=new_id(),
    )
    opened.call(request)
    opened.record(marks())
    opened.now = datetime.datetime.now(datetime.UTC)
    return opened


def environment_of(office, **settings):
    return server_environment(
        {"store_dsn": str(office.engine.url), "worker_count": "1", "heartbeat_seconds": "0.5"} | settings
    )


def run_slot(office, *arguments):
    return subprocess.run(
        [BIN / "counterpoise-server", "run-slot", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment_of(office),
    )


def runs_of(office):
    return office.call(ListRebalanceRunsRequest(parent=JOB)).rebalance_runs


def test_one_round_runs_the_latest_missed_slot_and_the_next_has_nothing_to_do(office):
    done = run_slot(office)
    assert done.returncode == 0, done.stderr
    first, skipped = done.stdout.splitlines()
    slots = [run.slot_time for run in runs_of(office)]
    assert f"for {max(slots).isoformat()}: SUCCEEDED PROPOSED" in first
    assert skipped == f"{len(slots) - 1} slots were skipped"
    assert len(slots) >= 5
    assert run_slot(office, JOB).stdout == "nothing is due\n"


def test_an_operator_runs_a_slot_that_was_skipped_and_does_it_once(office):
    assert run_slot(office).returncode == 0
    slot = next(run.slot_time for run in runs_of(office) if run.state is RebalanceRunState.SKIPPED)
    arguments = (JOB, "--slot", slot.isoformat(), "--operator", "olga")
    done = run_slot(office, *arguments)
    assert done.returncode == 0, done.stderr
    (run,) = [run for run in runs_of(office) if run.slot_time == slot and run.outcome is not None]
    assert (run.outcome, run.initiator) == (RebalanceRunOutcome.PROPOSED, "olga")
    again = run_slot(office, *arguments)
    assert again.returncode == 1
    assert "has its run" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("monthly",), "is no job"),
        ((JOB, "--slot", "2025-07-01T00:00:00Z"), "--operator"),
        (("--slot", "2025-07-01T00:00:00Z", "--operator", "olga"), "wants the job"),
        ((JOB, "--slot", "2025-07-01T00:00:00", "--operator", "olga"), "no instant with its zone"),
        ((JOB, "--slot", "noon", "--operator", "olga"), "no instant with its zone"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_starts(office, arguments, message):
    done = run_slot(office, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert runs_of(office) == ()


def test_a_slot_that_is_none_is_refused(office):
    yesterday = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)).replace(microsecond=1)
    done = run_slot(office, JOB, "--slot", yesterday.isoformat(), "--operator", "olga")
    assert done.returncode == 1
    assert "is no slot of the job" in done.stderr


def test_a_round_that_can_do_nothing_fails_and_says_why(office):
    typo = JOB.replace("monthly", "mnthly")
    done = run_slot(office, typo)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{typo}: there is no such resource" in done.stderr
    with office.engine.begin() as connection:
        connection.execute(text("UPDATE job_revisions SET problem_json = '{'"))
    done = run_slot(office)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"counterpoise-server: {JOB}: " in done.stderr


@contextmanager
def started(office, log, *arguments, **settings):
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [BIN / "counterpoise-server", *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment_of(office, **settings),
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def metrics_address(log):
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return next((line["address"] for line in lines if line["event"] == "metrics"), None)


def get(address, path):
    connection = http.client.HTTPConnection(address, timeout=AMPLE_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def wait_for(condition):
    limit = time.monotonic() + AMPLE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.05)
    return found


def ended_runs(office):
    return [run for run in runs_of(office) if run.outcome is not None]


def test_a_scheduler_runs_what_is_due_shows_it_and_ends_on_sigterm(office, tmp_path):
    log = tmp_path / "log"
    with started(office, log, "schedule", metrics_address="127.0.0.1:0") as process:
        (run,) = wait_for(lambda: ended_runs(office))
        assert run.outcome is RebalanceRunOutcome.PROPOSED
        address = wait_for(lambda: metrics_address(log))
        assert get(address, "/healthz")[0] == 200
        page = wait_for(lambda: shown(address, "counterpoise_job_leverage_ratio{"))
        assert 'counterpoise_slots_total{decision="run"} 1.0' in page
        assert "counterpoise_scheduler_last_round_timestamp_seconds" in page
        process.send_signal(signal.SIGTERM)
        assert process.wait(AMPLE_SECONDS) == 0
    assert len(ended_runs(office)) == 1


def shown(address, text):
    page = get(address, "/metrics")[1]
    return page if text in page else None


def test_a_server_with_a_scheduler_answers_calls_and_judges_triggers(office, tmp_path):
    job = office.call(GetRebalanceJobRequest(name=JOB)).rebalance_job
    trigger = Trigger(
        trigger_id="gross",
        leverage=LeverageTrigger(definition=LeverageDefinition.GROSS_NOTIONAL, maximum_ratio=1.01),
    )
    request = CreateRebalanceJobRequest(
        parent=TENANT,
        rebalance_job_id="watched",
        rebalance_job=RebalanceJob(problem=job.problem, run_policy=job.run_policy, triggers=(trigger,)),
        request_id=new_id(),
    )
    watched = office.call(request).rebalance_job
    log = tmp_path / "log"
    with started(office, log, "serve", "--with-scheduler", listen_address="127.0.0.1:0") as process:
        assert process.stdout.readline().startswith("listening on ")
        wait_for(lambda: ended_runs(office))
        status = wait_for(lambda: fired(office, watched.name))
        run = wait_for(lambda: ended_of(office, watched.name))
        process.send_signal(signal.SIGTERM)
        assert process.wait(AMPLE_SECONDS) == 0
    assert (run.name, run.trigger_id, run.slot_time) == (status.run, "gross", None)


def fired(office, name):
    (status,) = office.call(GetRebalanceJobRequest(name=name)).rebalance_job.trigger_statuses
    return status if status.state is TriggerState.FIRED else None


def ended_of(office, name):
    runs = office.call(ListRebalanceRunsRequest(parent=name)).rebalance_runs
    return runs[0] if runs and runs[0].outcome is not None else None


def test_without_its_store_the_scheduler_says_so_and_waits(tmp_path):
    log = tmp_path / "log"
    settings = {
        "store_dsn": "postgresql://nobody:planted-secret@127.0.0.1:1/none",
        "worker_count": "1",
        "metrics_address": "127.0.0.1:0",
    }
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [BIN / "counterpoise-server", "schedule"], stderr=errors, env=server_environment(settings)
        ) as process,
    ):
        try:
            wait_for(lambda: "the store cannot be used" in log.read_text())
            assert get(wait_for(lambda: metrics_address(log)), "/healthz")[0] == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(AMPLE_SECONDS) == 0
        finally:
            process.kill()
    assert "planted-secret" not in log.read_text()
