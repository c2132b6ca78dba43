"""A collector of traces on loopback: it takes spans by OTLP over gRPC and keeps them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

AMPLE_SECONDS = 60.0


@dataclass(frozen=True)
class Received:
    """One span, as it arrived; ids in hexadecimal, `parent_id` empty for the first of a trace."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    start_ns: int
    end_ns: int
    failed: bool
    status_message: str
    attributes: dict[str, str | int]
    resource: dict[str, str | int]


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """What was received so far, as spans and as text."""

    endpoint: str = ""
    spans: list[Received] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def Export(self, request, context):  # noqa: N802 - the name in the contract of collectors
        """Keep what is sent."""
        with self.arrived:
            self.texts.append(str(request))
            for of_resource in request.resource_spans:
                resource = _mapping(of_resource.resource.attributes)
                for scope in of_resource.scope_spans:
                    self.spans.extend(_received(span, resource) for span in scope.spans)
            self.arrived.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()

    def wait_for(self, wanted: Callable[[list[Received]], bool]) -> list[Received]:
        """Every span, once they are what is wanted."""
        with self.arrived:
            came = self.arrived.wait_for(lambda: wanted(self.spans), AMPLE_SECONDS)
            assert came, sorted(span.name for span in self.spans)
            return list(self.spans)

    def call(self, name: str, trace_id: str) -> list[Received]:
        """The spans of one trace, once that of the call has come, which ends last."""
        spans = self.wait_for(
            lambda spans: any((span.name, span.trace_id) == (name, trace_id) for span in spans)
        )
        return [span for span in spans if span.trace_id == trace_id]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens until the block ends."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait(AMPLE_SECONDS)


def named(spans: list[Received], name: str) -> Received:
    """The one span of this name."""
    found = [span for span in spans if span.name == name]
    assert len(found) == 1, sorted(span.name for span in spans)
    return found[0]


def _received(span: trace_pb2.Span, resource: dict[str, str | int]) -> Received:
    return Received(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        kind=span.kind,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        status_message=span.status.message,
        attributes=_mapping(span.attributes),
        resource=resource,
    )


def _mapping(pairs: list[KeyValue]) -> dict[str, str | int]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in pairs}
