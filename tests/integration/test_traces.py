"""One trace from the client through the server into the worker, at a collector of our own."""

import asyncio
import datetime
import json
import socket
import subprocess
import sys

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from counterpoise import AsyncClient, Client, InvalidProblem, Retry, Unavailable
from counterpoise.model import RebalanceJob, TerminationReason
from tests.collector import collecting, named
from tests.golden_problems import sixty_forty_with_overlay
from tests.rebalancing import fund, marks
from tests.serving import AMPLE_SECONDS, BIN, server_environment
from tests.tokens import token_settings

ALLOCATE = "counterpoise.v1.AllocationService/Allocate"
JOBS = "tenants/default/rebalanceJobs"
NOTHING_LOADED = """
import sys
import optimizer.main
from optimizer.telemetry.traces import exported_to
from optimizer.service.logs import configure_logs
assert "grpc" not in sys.modules
configure_logs("info", "json")
with exported_to(None):
    from optimizer import composition
    from optimizer.service.server import Server
    from optimizer.answering.answerer import Answerer
    from optimizer.workers import WorkerPool
    from counterpoise import Client
    from counterpoise.model import AllocateRequest
    from tests.golden_problems import sixty_forty_with_overlay
    pool = WorkerPool(1)
    pool.start()
    request = AllocateRequest(problem=sixty_forty_with_overlay())
    answer = Answerer(pool, time_limit_seconds=60).allocate(request)
    pool.stop()
assert answer.allocation.termination.reason.name == "OPTIMAL"
loaded = [name for name in sys.modules if name.partition(".")[0] == "opentelemetry"]
assert not loaded, loaded
"""


@pytest.fixture(scope="module")
def quick_export():
    """Servers of this module send spans as they end, more or less."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        yield


@pytest.fixture(scope="module")
def collector(quick_export):
    with collecting() as opened:
        yield opened


@pytest.fixture(scope="module")
def traced(start_server, collector, tmp_path_factory):
    """A server that sends its spans to the collector."""
    store = f"sqlite:///{tmp_path_factory.mktemp('traced')}/store.sqlite3"
    with start_server(trace_endpoint=collector.endpoint, store_dsn=store) as running:
        yield running


@pytest.fixture
def client_spans(monkeypatch):
    """What the client in this process makes of its calls, as a program with an SDK sees it."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def allocate(address, kind, **options):
    if kind == "sync":
        with Client(address) as client:
            return client.allocate(sixty_forty_with_overlay(), **options)

    async def call():
        async with AsyncClient(address) as client:
            return await client.allocate(sixty_forty_with_overlay(), **options)

    return asyncio.run(call())


def log_lines(server):
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def only(spans):
    finished = spans.get_finished_spans()
    assert len(finished) == 1
    return finished[0]


def ids_of(span):
    return trace.format_trace_id(span.context.trace_id), trace.format_span_id(span.context.span_id)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_one_trace_spans_client_server_and_worker(traced, collector, client_spans, kind):
    allocate(traced.address, kind, request_id=f"mine-{kind}")
    asked = only(client_spans)
    assert (asked.name, asked.kind) == (ALLOCATE, trace.SpanKind.CLIENT)
    assert asked.attributes["rpc.grpc.status_code"] == 0
    assert [(event.name, dict(event.attributes)) for event in asked.events] == [
        ("attempt", {"counterpoise.attempt": 1})
    ]
    trace_id, span_id = ids_of(asked)
    spans = collector.call(ALLOCATE, trace_id)
    call, parse, validate = (named(spans, name) for name in (ALLOCATE, "parse", "validate"))
    assert (call.parent_id, call.kind) == (span_id, trace_pb2.Span.SPAN_KIND_SERVER)
    assert call.attributes == {
        "rpc.system": "grpc",
        "rpc.service": "counterpoise.v1.AllocationService",
        "rpc.method": "Allocate",
        "rpc.grpc.status_code": 0,
        "counterpoise.request_id": f"mine-{kind}",
        "counterpoise.termination": "OPTIMAL",
    }
    assert {parse.parent_id, validate.parent_id} == {call.span_id}
    worker = named(spans, "worker")
    assert worker.parent_id == call.span_id
    assert worker.attributes["process.pid"] != traced.process.pid
    assert not worker.failed
    assert call.resource["service.name"] == "counterpoise"
    assert call.resource["service.version"]
    assert call.resource["process.pid"] == traced.process.pid
    steps = [span for span in spans if span.name in {"parse", "validate", "solve", "certificate", "report"}]
    assert {span.name for span in steps} == {"parse", "validate", "solve", "certificate", "report"}
    for step in steps:
        assert step.parent_id == call.span_id
        assert worker.start_ns <= step.start_ns <= step.end_ns <= worker.end_ns


def test_the_line_of_a_call_carries_the_ids_of_its_span(traced, collector, client_spans):
    allocate(traced.address, "sync", request_id="logged")
    trace_id, _ = ids_of(only(client_spans))
    call = named(collector.call(ALLOCATE, trace_id), ALLOCATE)
    (line,) = [line for line in log_lines(traced) if line.get("request_id") == "logged"]
    assert (line["event"], line["method"]) == ("call", "Allocate")
    assert (line["trace_id"], line["span_id"]) == (trace_id, call.span_id)


def test_a_refusal_is_on_both_spans_and_an_error_of_the_caller_alone(traced, collector, client_spans):
    with Client(traced.address) as client, pytest.raises(InvalidProblem):
        client.allocate(sixty_forty_with_overlay(), request_id="x" * 65)
    asked = only(client_spans)
    assert asked.status.status_code is trace.StatusCode.ERROR
    assert asked.status.description == asked.attributes["error.type"] == "REQUEST_INVALID"
    trace_id, _ = ids_of(asked)
    spans = collector.call(ALLOCATE, trace_id)
    call = named(spans, ALLOCATE)
    code = grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert asked.attributes["rpc.grpc.status_code"] == call.attributes["rpc.grpc.status_code"] == code
    assert call.attributes["counterpoise.reason"] == "REQUEST_INVALID"
    assert not call.failed  # by the conventions the mistake of a caller is no error of the server
    assert {span.name for span in spans} == {ALLOCATE, "worker"}


def test_a_stream_that_is_refused_has_a_span_too(traced, collector, client_spans):
    with Client(traced.address) as client, pytest.raises(InvalidProblem):
        next(iter(client.rebalance.watch_runs("nonsense")))
    trace_id, span_id = ids_of(only(client_spans))
    name = "counterpoise.v1.RebalanceService/WatchRebalanceRuns"
    call = named(collector.call(name, trace_id), name)
    assert call.parent_id == span_id
    assert call.attributes["counterpoise.reason"] == "REQUEST_INVALID"


def test_what_the_gate_refuses_has_a_span_and_a_strangers_path_has_none(
    start_server, collector, tmp_path, client_spans
):
    with start_server(trace_endpoint=collector.endpoint, **token_settings(tmp_path)) as guarded:
        with grpc.insecure_channel(guarded.address) as channel, pytest.raises(grpc.RpcError):
            channel.unary_unary("/counterpoise.v1.AllocationService/Stranger")(b"", timeout=60)
        with Client(guarded.address) as client, pytest.raises(Exception, match="credentials"):
            client.allocate(sixty_forty_with_overlay())
        trace_id, _ = ids_of(only(client_spans))
        call = named(collector.call(ALLOCATE, trace_id), ALLOCATE)
        assert call.attributes["counterpoise.reason"] == "CREDENTIALS_INVALID"
        assert guarded.terminate() == 0
    assert not [span for span in collector.spans if "Stranger" in span.name]


def test_strangers_write_nothing_into_the_log_by_their_metadata(start_server, collector, tmp_path):
    trace_id = "5" * 32
    parent = ("traceparent", f"00-{trace_id}-{'6' * 16}-01")
    metadata = (
        (parent, ("tracestate", "PLANTED state=bad,,")),
        (parent, ("tracestate", "planted=state," * 99)),
        (parent, ("tracestate", ",".join(f"planted{number}=1" for number in range(40)))),
        (("traceparent", "PLANTED" * 200), ("baggage", ",".join(["PLANTED"] * 700))),
        (("baggage", "PLANTED secret=a b;PLANTED"),),
    )
    with (
        start_server(trace_endpoint=collector.endpoint, **token_settings(tmp_path)) as guarded,
        grpc.insecure_channel(guarded.address) as channel,
    ):
        for entries in metadata:
            with pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary(f"/{ALLOCATE}")(b"", timeout=60, metadata=entries)
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        calls = collector.wait_for(lambda spans: sum(span.trace_id == trace_id for span in spans) == 3)
        assert "planted" not in "".join(str(span) for span in calls if span.trace_id == trace_id).lower()
        assert guarded.terminate() == 0
    lines = log_lines(guarded)
    assert sum(line["event"] == "call" for line in lines) == len(metadata)
    assert not [line for line in lines if line["logger"].startswith("opentelemetry")]
    assert "planted" not in guarded.log.read_text().lower()


def test_attempts_are_events_of_one_span(client_spans):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    retry = Retry(attempts=3, first_pause_seconds=0.01)
    with Client(address, retry=retry) as client, pytest.raises(Unavailable):
        client.allocate(sixty_forty_with_overlay())
    asked = only(client_spans)
    assert [event.attributes["counterpoise.attempt"] for event in asked.events] == [1, 2, 3]
    assert asked.attributes["error.type"] == "UNAVAILABLE"


def test_a_call_that_is_cancelled_ends_its_span_at_once(client_spans):
    async def cancelled():
        with socket.create_server(("127.0.0.1", 0)) as silent:
            async with AsyncClient(f"127.0.0.1:{silent.getsockname()[1]}") as client:
                call = asyncio.create_task(client.allocate(sixty_forty_with_overlay()))
                await asyncio.sleep(0.05)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                return [span.attributes["error.type"] for span in client_spans.get_finished_spans()]

    assert asyncio.run(cancelled()) == ["CancelledError"]


def test_a_run_is_a_trace_of_its_own_with_its_solves(traced, collector):
    with Client(traced.address) as client:
        client.rebalance.create_job(
            "tenants/default", "traced", RebalanceJob(display_name="traced", problem=fund())
        )
        client.monitor.record_marks(f"{JOBS}/traced", marks(datetime.datetime.now(datetime.UTC).date()))
        run = client.rebalance.run_job(f"{JOBS}/traced")
        client.rebalance.wait_for_run(run.name, timeout_seconds=60)
    spans = collector.wait_for(lambda spans: any(span.name == "rebalance run" for span in spans))
    root = named(spans, "rebalance run")
    assert root.parent_id == ""
    assert root.attributes["counterpoise.run"] == run.name
    of_run = [span for span in spans if span.trace_id == root.trace_id]
    assert {"rebalance run", "solve", "worker", "certificate"} <= {span.name for span in of_run}


def test_without_the_setting_nothing_of_traces_is_loaded():
    subprocess.run([sys.executable, "-c", NOTHING_LOADED], check=True, timeout=120)


@pytest.mark.parametrize(
    "name",
    [
        "OTEL_PROPAGATORS",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "OTEL_TRACES_SAMPLER",
    ],
)
def test_a_variable_that_cannot_be_used_keeps_the_server_from_starting(name):
    settings = {"listen_address": "127.0.0.1:0", "worker_count": "1", "trace_endpoint": "http://127.0.0.1:1"}
    command = [BIN / "counterpoise-server", "serve"]
    environment = server_environment(settings) | {name: "pigeon"}
    done = subprocess.run(
        command, capture_output=True, env=environment, text=True, timeout=AMPLE_SECONDS, check=False
    )
    assert done.returncode == 1
    assert "counterpoise-server: the OTEL_* variables cannot be used" in done.stderr
    assert "pigeon" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("answering", [False, True], ids=["refuses", "never-answers"])
def test_a_collector_that_is_down_delays_neither_calls_nor_the_end(start_server, quick_export, answering):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if not answering:
            silent.close()
        with start_server(trace_endpoint=f"http://127.0.0.1:{port}", drain_seconds="0") as running:
            answers = [allocate(running.address, "sync") for _ in range(5)]
            assert all(answer.termination.reason is TerminationReason.OPTIMAL for answer in answers)
            assert running.terminate() == 0
