"""The server as it is started and used: its own process, real connections, tools that know nothing of us."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from counterpoise import wire
from counterpoise.model import AllocateRequest, TerminationReason
from counterpoise.v1 import allocation_service_pb2
from tests.golden_problems import sixty_forty_with_overlay
from tests.serving import AMPLE_SECONDS, BIN, server_environment
from tests.tokens import token_settings

SERVICE = "counterpoise.v1.AllocationService"
OPENSSL = shutil.which("openssl")
SLACK_SECONDS = 0.5  # a machine that runs other tests meanwhile


def message(request_id=""):
    request = AllocateRequest(problem=sixty_forty_with_overlay(), request_id=request_id)
    return wire.to_message(request, allocation_service_pb2.AllocateRequest)


def call(address, body, *, timeout=AMPLE_SECONDS, method="Allocate"):
    with grpc.insecure_channel(address) as channel:
        return channel.unary_unary(f"/{SERVICE}/{method}")(body, timeout=timeout)


def refused(address, body, **options):
    """Code and reason; the reason is None on a status that is not this server's own."""
    with pytest.raises(grpc.RpcError) as caught:
        call(address, body, **options)
    trailer = dict(caught.value.trailing_metadata() or ()).get("grpc-status-details-bin")
    if trailer is None:
        return caught.value.code(), None
    info = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(trailer).details[0].Unpack(info)
    return caught.value.code(), info.reason


def buf_curl(address, path, data="{}", *options):
    return subprocess.run(
        [
            BIN / "buf",
            "curl",
            "--protocol",
            "grpc",
            "--http2-prior-knowledge",
            *options,
            f"http://{address}{path}",
        ]
        + ([] if options else ["--data", "@-"]),
        input=data,
        capture_output=True,
        text=True,
        timeout=AMPLE_SECONDS,
        check=False,
    )


def log_lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def descendants(pid):
    """Processes below a process, by their ids."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] != "Z":
            parents[int(entry.name)] = int(fields[1])
    found, pending = set(), {pid}
    while pending:
        pending = {child for child, parent in parents.items() if parent in pending}
        found |= pending
    return found


def wait_until_gone(pids, seconds):
    limit = time.monotonic() + seconds
    while (left := {pid for pid in pids if is_running(pid)}) and time.monotonic() < limit:
        time.sleep(0.01)
    return left


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


# Answers


def test_an_allocation_is_certified_and_echoes_its_id(server):
    body = call(server.address, message(request_id="mine").SerializeToString())
    response = allocation_service_pb2.AllocateResponse.FromString(body)
    assert response.request_id == "mine"
    assert response.allocation.termination.reason == TerminationReason.OPTIMAL
    assert response.allocation.certificate.HasField("optimality")


def test_the_health_service_answers_for_the_server_and_its_service(server):
    with grpc.insecure_channel(server.address) as channel:
        for name in ("", SERVICE):
            request = health_pb2.HealthCheckRequest(service=name)
            status = health_pb2_grpc.HealthStub(channel).Check(request, timeout=AMPLE_SECONDS).status
            assert status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_alone_is_enough_for_another_tool(server):
    problem = json_format.MessageToJson(message())
    done = buf_curl(server.address, f"/{SERVICE}/Allocate", problem)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["allocation"]["termination"]["reason"] == "TERMINATION_REASON_OPTIMAL"


def test_reflection_lists_the_services(server):
    done = buf_curl(server.address, "", "", "--list-services")
    assert done.returncode == 0, done.stderr
    assert {SERVICE, "grpc.health.v1.Health"} <= set(done.stdout.split())


def test_another_tool_reads_the_reason_of_a_refusal(server):
    done = buf_curl(server.address, f"/{SERVICE}/Allocate", "{}")
    assert done.returncode != 0
    error = json.loads(done.stderr)
    assert error["code"] == "invalid_argument"
    assert "google.rpc.ErrorInfo" in [detail["type"] for detail in error["details"]]


# Refusals


@pytest.mark.parametrize("method", ["Allocate", "ValidatePortfolio"])
def test_garbage_is_refused_as_malformed(server, method):
    answer = refused(server.address, b"\xff" * 100, method=method)
    assert answer == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_MALFORMED")


def test_ten_megabytes_are_refused(server):
    answer = refused(server.address, message().SerializeToString() + b"\0" * 10_000_000)
    assert answer == (grpc.StatusCode.RESOURCE_EXHAUSTED, None)


def test_unknown_fields_are_refused(server):
    body = message().SerializeToString() + b"\xc2\xbb\x01\x03new"  # field 3000
    assert refused(server.address, body) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    valid = allocation_service_pb2.ValidatePortfolioResponse.FromString(
        call(server.address, body, method="ValidatePortfolio")
    )
    assert "FIELD_UNKNOWN" in str(valid.violations)


def test_a_thousand_violations_arrive_as_what_they_are(server):
    request = message()
    for _ in range(1000):
        request.problem.portfolio.lines.add(line_id="same")
    answer = refused(server.address, request.SerializeToString())
    assert answer == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")


def test_the_deadline_ends_the_work(start_server):
    with start_server(worker_count="1") as server:
        call(server.address, message().SerializeToString())
        (worker,) = workers_of(server)
        # A worker that stands still is work that never ends.
        os.kill(worker, signal.SIGSTOP)
        start = time.monotonic()
        code, _ = refused(server.address, message().SerializeToString(), timeout=0.5)
        assert code is grpc.StatusCode.DEADLINE_EXCEEDED
        assert not wait_until_gone({worker}, 0.5 + 0.25 + SLACK_SECONDS - (time.monotonic() - start))
        assert call(server.address, message().SerializeToString())


def test_a_caller_who_goes_away_ends_the_work(start_server):
    with start_server(worker_count="1") as server:
        (worker,) = workers_of(server)
        os.kill(worker, signal.SIGSTOP)
        with begun(server) as future:
            future.cancel()
            assert not wait_until_gone({worker}, 0.25 + SLACK_SECONDS)
        assert call(server.address, message().SerializeToString())


@contextmanager
def begun(server):
    """A call that has reached its worker, by all appearances."""
    with grpc.insecure_channel(server.address) as channel:
        method = channel.unary_unary(f"/{SERVICE}/Allocate")
        future = method.future(message().SerializeToString(), timeout=AMPLE_SECONDS)
        time.sleep(0.5)
        assert not future.done()
        yield future


def workers_of(server):
    """Processes that are forked from the fork server, which is the server's only child with children."""
    children = [pid for pid in descendants(server.process.pid) if parent_of(pid) == server.process.pid]
    return descendants(server.process.pid) - set(children)


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_worker_killed_from_outside_fails_one_call(start_server):
    with start_server(worker_count="1") as server:
        (worker,) = workers_of(server)
        os.kill(worker, signal.SIGSTOP)
        with begun(server) as future:
            os.kill(worker, signal.SIGKILL)
            assert future.code() is grpc.StatusCode.UNAVAILABLE
        assert call(server.address, message().SerializeToString())


# Start and end


def test_a_signal_to_stop_ends_everything_with_success(start_server):
    for number in (signal.SIGTERM, signal.SIGINT):
        with start_server() as server:
            processes = descendants(server.process.pid)
            assert len(processes) >= 3  # fork server and two workers
            server.process.send_signal(number)
            assert server.process.wait(AMPLE_SECONDS) == 0
            assert not wait_until_gone(processes, 1.0 + SLACK_SECONDS)
            assert server.process.stdout.read() == ""


def test_a_call_under_way_is_answered_before_the_end(start_server):
    with start_server(worker_count="1") as server:
        (worker,) = workers_of(server)
        os.kill(worker, signal.SIGSTOP)
        with begun(server) as future:
            server.process.terminate()
            assert refused(server.address, b"") == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
            os.kill(worker, signal.SIGCONT)
            assert future.result(AMPLE_SECONDS)
        assert server.process.wait(AMPLE_SECONDS) == 0


def test_a_call_that_does_not_end_in_time_is_ended(start_server):
    with start_server(worker_count="1", drain_seconds="0.1") as server:
        (worker,) = workers_of(server)
        os.kill(worker, signal.SIGSTOP)
        with begun(server) as future:
            assert server.terminate() == 0
            assert future.code() is grpc.StatusCode.UNAVAILABLE
        assert not is_running(worker)


def test_a_killed_server_leaves_no_process_behind(start_server):
    with start_server() as server:
        call(server.address, message().SerializeToString())
        processes = descendants(server.process.pid)
        server.process.kill()
        assert not wait_until_gone(processes, 1.0 + SLACK_SECONDS)


def test_the_log_is_json_and_tells_nothing_of_the_problem(start_server):
    with start_server() as server:
        call(server.address, message(request_id="mine").SerializeToString())
        assert server.terminate() == 0
        lines = log_lines(server.log)
    (line,) = [line for line in lines if line["event"] == "call"]
    assert (line["method"], line["code"], line["request_id"]) == ("Allocate", "OK", "mine")
    assert line["duration_ms"] > 0
    text = server.log.read_text()
    assert all(asset.line_id not in text for asset in sixty_forty_with_overlay().portfolio.lines)


def run_server(*arguments, **settings):
    return subprocess.run(
        [BIN / "counterpoise-server", *arguments],
        env=server_environment(settings),
        capture_output=True,
        text=True,
        timeout=AMPLE_SECONDS,
        check=False,
    )


def test_a_taken_port_is_said(server):
    done = run_server("serve", "--listen", server.address, worker_count="1")
    assert done.returncode == 1
    assert f"counterpoise-server: cannot listen on {server.address}" in done.stderr
    assert done.stdout == ""


def test_settings_that_cannot_be_used_are_said():
    done = run_server("serve", worker_count="none")
    assert done.returncode == 2
    assert done.stderr.startswith("counterpoise-server: worker_count: ")


def test_without_keys_the_server_is_for_this_machine():
    done = run_server("serve", "--listen", "0.0.0.0:0", allow_plaintext="true")
    assert done.returncode == 2
    assert "without token keys the server listens on loopback only" in done.stderr


def test_plaintext_is_for_this_machine(tmp_path):
    done = run_server("serve", "--listen", "0.0.0.0:0", **token_settings(tmp_path))
    assert done.returncode == 2
    assert "without TLS the server listens on loopback only" in done.stderr


def test_keys_that_cannot_be_used_are_said(tmp_path):
    settings = token_settings(tmp_path)
    Path(settings["token_keys_file"]).write_text('{"keys": [{"kty": "oct", "k": "aHVudGVyMg", "kid": "a"}]}')
    done = run_server("serve", **settings)
    assert done.returncode == 2
    assert "keys[0]: is a secret or private key" in done.stderr
    assert "aHVudGVyMg" not in done.stderr


def test_the_version_is_printed():
    done = run_server("--version")
    assert done.stdout.startswith("counterpoise-server 0.")


@pytest.mark.skipif(OPENSSL is None, reason="no openssl to make a certificate with")
def test_tls_is_served_where_it_is_configured(start_server, tmp_path):
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
    subprocess.run([OPENSSL, "req", "-x509", "-days", "2", *subject, *files], check=True, capture_output=True)
    with start_server(tls_certificate_file=str(certificate), tls_key_file=str(key)) as server:
        credentials = grpc.ssl_channel_credentials(certificate.read_bytes())
        target = f"localhost:{server.address.rpartition(':')[2]}"
        with grpc.secure_channel(target, credentials) as channel:
            request = health_pb2.HealthCheckRequest()
            assert health_pb2_grpc.HealthStub(channel).Check(request, timeout=AMPLE_SECONDS)
        with socket.create_connection(tuple(server.address.split(":"))) as plain:
            plain.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            plain.settimeout(AMPLE_SECONDS)
            assert not plain.recv(1024).startswith(b"\0\0")
        with pytest.raises(grpc.RpcError):
            call(server.address, message().SerializeToString(), timeout=5.0)
