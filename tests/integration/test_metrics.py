"""Metrics and health of the server as it is started, scraped after real calls."""

import datetime
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from counterpoise import Client, InfeasibleMandate, InvalidProblem, ServiceError, wire
from counterpoise.model import AllocateRequest, RebalanceJob, TerminationReason
from counterpoise.v1 import allocation_service_pb2
from tests import tokens
from tests.golden_problems import gross_limit, sixty_forty_with_overlay
from tests.rebalancing import fund, marks
from tests.scraping import fetch, metrics_address, samples, value, wait_for
from tests.serving import AMPLE_SECONDS, BIN, server_environment

PROMTOOL = shutil.which("promtool")
PLANTED = "PLANTEDplantedPLANTEDplantedPLANTED"
TENANT = "tenants/pension"


@pytest.fixture
def watched(start_server, tmp_path):
    """A server of the test's own whose metrics can be had, and where."""
    dsn = f"sqlite:///{tmp_path}/store.sqlite3"
    with start_server(worker_count="1", metrics_address="127.0.0.1:0", store_dsn=dsn) as server:
        yield server, metrics_address(server.log)


def as_person(address, name="ada", **options):
    return Client(address, principal=name, tenant="pension", timeout_seconds=AMPLE_SECONDS, **options)


def worker_of(server):
    """The one worker: the child of the fork server."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    children = {pid for pid, parent in parents.items() if parent == server.process.pid}
    (worker,) = [pid for pid, parent in parents.items() if parent in children]
    return worker


def test_calls_and_solves_are_counted_with_what_came_of_them(watched):
    server, address = watched
    problem = sixty_forty_with_overlay()
    impossible = replace(problem, mandate=replace(problem.mandate, limits=(gross_limit(0.5),)))
    with as_person(server.address) as client:
        assert client.allocate(problem).termination.reason is TerminationReason.OPTIMAL
        with pytest.raises(InfeasibleMandate):
            client.allocate(impossible)
        with pytest.raises(InvalidProblem):
            client.allocate(replace(problem, portfolio=replace(problem.portfolio, nav_amount=-1.0)))
    text = fetch(address)[1]
    assert value(text, "calls_total", method="Allocate", code="OK") == 2
    assert value(text, "calls_total", method="Allocate", code="INVALID_ARGUMENT") == 1
    assert value(text, "call_refusals_total", method="Allocate", reason="REQUEST_INVALID") == 1
    assert value(text, "call_duration_seconds_count", method="Allocate") == 3
    assert value(text, "solves_total", result="OPTIMAL") == 1
    assert value(text, "solves_total", result="INFEASIBLE") == 1
    assert value(text, "solve_duration_seconds_count") == 2
    assert value(text, "certificate_gap_ratio_count") == 1
    assert value(text, "certificate_gap_ratio_bucket", le="1e-05") == 1
    assert value(text, "ladder_steps_total", step="clarabel") >= 2
    assert (value(text, "workers", state="idle"), value(text, "calls_admitted_maximum")) == (1, 3)
    assert value(text, "calls_in_progress") == 0


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_promtool_takes_what_a_server_exposes(watched):
    server, address = watched
    with as_person(server.address) as client:
        client.allocate(sixty_forty_with_overlay())
    command = [PROMTOOL, "check", "metrics"]
    done = subprocess.run(command, input=fetch(address)[1], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_killed_worker_shows_and_so_does_the_call_while_it_ran(watched):
    server, address = watched
    worker = worker_of(server)
    os.kill(worker, signal.SIGSTOP)
    with grpc.insecure_channel(server.address) as channel:
        allocate = channel.unary_unary("/counterpoise.v1.AllocationService/Allocate")
        future = allocate.future(request(), timeout=AMPLE_SECONDS)
        text = wait_for(address, lambda text: value(text, "workers", state="busy") == 1)
        assert value(text, "calls_in_progress") == 1
        os.kill(worker, signal.SIGKILL)
        assert future.code() is grpc.StatusCode.UNAVAILABLE
    text = wait_for(address, lambda text: value(text, "workers", state="idle") == 1)
    assert value(text, "workers_lost_total") == 1
    assert value(text, "solves_total", result="WORKER_LOST") == 1
    assert value(text, "call_refusals_total", method="Allocate", reason="WORKER_LOST") == 1
    assert fetch(address, "/healthz") == (200, "ok\n")


def request():
    message = AllocateRequest(problem=sixty_forty_with_overlay())
    return wire.to_message(message, allocation_service_pb2.AllocateRequest).SerializeToString()


def test_names_of_methods_that_strangers_make_up_add_one_series(watched):
    server, address = watched

    def knock(number):
        path = f"/counterpoise.v1.AllocationService/Evil{number}" if number % 2 else f"/evil{number}/Allocate"
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(path)(b"", timeout=AMPLE_SECONDS)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED

    with grpc.insecure_channel(server.address) as channel:
        knock(0)
        first = fetch(address)[1]
        for number in range(1, 60):
            knock(number)
    last = fetch(address)[1]
    assert samples(last).keys() == samples(first).keys()
    assert value(last, "calls_total", method="other", code="UNIMPLEMENTED") == 60
    assert "evil" not in last.lower()


def test_refusals_at_the_gate_count_by_their_reason(start_server, tmp_path):
    settings = tokens.token_settings(tmp_path) | {"metrics_address": "127.0.0.1:0"}
    with start_server(worker_count="1", **settings) as server:
        address = metrics_address(server.log)
        with grpc.insecure_channel(server.address) as channel:
            for path in ("/counterpoise.v1.MonitorService/RecordMarks", "/evil/Allocate"):
                with pytest.raises(grpc.RpcError):
                    channel.unary_unary(path)(b"", timeout=AMPLE_SECONDS)
            metadata = (("authorization", f"Bearer {tokens.token(roles=['viewer'])}"),)
            with pytest.raises(grpc.RpcError):
                channel.unary_unary("/counterpoise.v1.MonitorService/RecordMarks")(
                    b"", timeout=AMPLE_SECONDS, metadata=metadata
                )
        text = fetch(address)[1]
    assert value(text, "call_refusals_total", method="RecordMarks", reason="CREDENTIALS_INVALID") == 1
    assert value(text, "call_refusals_total", method="RecordMarks", reason="ACCESS_DENIED") == 1
    assert value(text, "call_refusals_total", method="other", reason="CREDENTIALS_INVALID") == 1
    assert value(text, "calls_total", method="RecordMarks", code="UNAUTHENTICATED") == 1


def test_the_store_shows_runs_proposals_messages_and_the_age_of_marks(watched):
    server, address = watched
    day = datetime.datetime.now(datetime.UTC).date()
    with as_person(server.address) as ada:
        job = ada.rebalance.create_job(TENANT, "monthly", RebalanceJob(display_name="M", problem=fund()))
        ada.monitor.record_marks(job.name, marks(day))
        run = ada.rebalance.run_job(job.name)
        ada.rebalance.wait_for_run(run.name, timeout_seconds=AMPLE_SECONDS)
    text = wait_for(address, lambda text: value(text, "runs", state="SUCCEEDED", outcome="PROPOSED") == 1)
    assert value(text, "runs", state="FAILED", outcome="") == 0
    assert value(text, "proposals_open") == 1
    assert value(text, "outbox_pending") is None  # nothing is delivered without a webhook
    assert value(text, "audit_head_sequence") >= 5
    assert value(text, "job_marks_age_seconds", tenant="pension", rebalance_job="monthly") <= 86_400
    assert value(text, "solves_total", result="OPTIMAL") >= 1


def test_nothing_secret_and_nothing_of_a_problem_is_exposed(start_server, tmp_path):
    dsn, secret = tmp_path / "dsn", tmp_path / "secret"
    dsn.write_text(f"\npostgresql://{PLANTED}:{PLANTED}@127.0.0.1:1/{PLANTED}\n")
    secret.write_text(PLANTED)
    settings = tokens.token_settings(tmp_path) | {
        "metrics_address": "127.0.0.1:0",
        "store_dsn_file": str(dsn),
        "webhook_url": f"http://127.0.0.1:1/{PLANTED}",
        "webhook_secret_file": str(secret),
    }
    token = tokens.token(sub=PLANTED, tenant="pension", roles=["operator"])
    problem = sixty_forty_with_overlay()
    with start_server(worker_count="1", **settings) as server:
        address = metrics_address(server.log)
        with Client(server.address, token=token, timeout_seconds=AMPLE_SECONDS) as client:
            client.allocate(problem)
            with pytest.raises(ServiceError, match="STORE_UNAVAILABLE"):
                client.rebalance.get_job(f"{TENANT}/rebalanceJobs/{PLANTED.lower()}")
        text = wait_for(address, lambda text: value(text, "store_figures_failures_total") >= 1)
        openmetrics = fetch(address, accept="application/openmetrics-text")[1]
        pages = [text, openmetrics, *(fetch(address, path)[1] for path in ("/healthz", f"/{PLANTED}"))]
        log = server.log.read_text()
    assert value(text, "calls_total", method="Allocate", code="OK") == 1
    assert value(text, "calls_total", method="GetRebalanceJob", code="UNAVAILABLE") >= 1
    hidden = [PLANTED, token, *(line.line_id for line in problem.portfolio.lines)]
    assert [word for word in hidden for page in pages if word.lower() in page.lower()] == []
    assert PLANTED not in log.replace(f'"principal": "{PLANTED}"', "")


def test_without_an_address_there_are_no_metrics(start_server):
    with start_server(worker_count="1") as server:
        assert '"metrics"' not in server.log.read_text()


def test_a_taken_port_of_metrics_ends_the_start_with_a_word(watched, tmp_path):
    _, address = watched
    done = subprocess.run(
        [BIN / "counterpoise-server", "serve", "--listen", "127.0.0.1:0"],
        env=server_environment(
            {
                "metrics_address": address,
                "worker_count": "1",
                "store_dsn": f"sqlite:///{tmp_path}/other.sqlite3",
            }
        ),
        capture_output=True,
        text=True,
        timeout=AMPLE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"cannot serve metrics on {address}" in done.stderr
    assert "Traceback" not in done.stderr


def test_workers_load_nothing_of_metrics():
    code = (
        "import optimizer.main, optimizer.program.solve, optimizer.program.compile, optimizer.workers, sys;"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
