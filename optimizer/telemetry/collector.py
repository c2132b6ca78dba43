"""Spans on their way to a collector, by OTLP over gRPC. Loads OpenTelemetry and gRPC."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Final

from opentelemetry import context, propagate, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from optimizer.telemetry.spans import Attributes, Ended

STOP_SECONDS: Final = 2.0
"""How long the end of the server waits for a collector that does not answer."""
_ERROR: Final = "error.type"


class Tracing:
    """Makes spans and hands them to a thread that sends them; when that is behind, spans are dropped."""

    def __init__(self, provider: TracerProvider, exporter: OTLPSpanExporter) -> None:
        self._provider = provider
        self._exporter = exporter
        self._tracer = provider.get_tracer("counterpoise")

    def stop(self) -> None:
        """Send what waits, for as long as STOP_SECONDS; drop the rest."""
        # The library's own flush waits for the collector without an end.
        flush = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        flush.start()
        flush.join(STOP_SECONDS)
        if flush.is_alive():
            self._exporter.shutdown()

    @contextmanager
    def span(self, name: str, attributes: Attributes) -> Iterator[None]:
        """See `traces.span`."""
        # Texts of exceptions stay out: the library would record them, and they may quote a problem.
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as current:
            try:
                yield
            except BaseException as error:
                _fail(current, type(error).__name__)
                raise

    @contextmanager
    def call_span(
        self, name: str, metadata: Sequence[tuple[str, str | bytes]], attributes: Attributes
    ) -> Iterator[None]:
        """See `traces.call_span`; whoever ends the call annotates how."""
        # Strangers send metadata, too; nobody reads baggage, and the library logs what is wrong with it.
        carrier = {key: value for key, value in metadata if isinstance(value, str) and key != "baggage"}
        caller = propagate.extract(carrier)
        with self._tracer.start_as_current_span(
            name,
            context=caller,
            kind=trace.SpanKind.SERVER,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ):
            yield

    def annotate(self, attributes: Attributes, error: str) -> None:
        """See `traces.annotate`."""
        current = trace.get_current_span()
        current.set_attributes(attributes)
        if error:
            _fail(current, error)

    def recorder(self, name: str, attributes: Attributes) -> Callable[[Ended], None]:
        """See `traces.recorder`."""
        parent = context.get_current()

        def record(ended: Ended) -> None:
            recorded = self._tracer.start_span(
                name,
                context=parent,
                start_time=ended.start_ns,
                attributes={**attributes, **ended.attributes},
            )
            if ended.error:
                _fail(recorded, ended.error)
            recorded.end(end_time=ended.end_ns)

        return record

    def current_ids(self) -> tuple[str, str] | None:
        """See `traces.current_ids`."""
        current = trace.get_current_span().get_span_context()
        if not current.is_valid:
            return None
        return trace.format_trace_id(current.trace_id), trace.format_span_id(current.span_id)


def tracing_to(endpoint: str) -> Tracing:
    """Spans for the collector at http(s)://host:port; the environment says the rest, and wins.

    Raises what the library raises where a variable of the environment cannot be used.
    """
    ours: dict[str, str | int] = {
        "service.name": "counterpoise",
        "service.version": version("counterpoise-optimizer"),
        "process.pid": os.getpid(),
    }
    resource = Resource.create({**ours}).merge(OTELResourceDetector().detect())
    exporter = OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://"))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Tracing(provider, exporter)


def _fail(span: trace.Span, error: str) -> None:
    span.set_attribute(_ERROR, error)
    span.set_status(trace.StatusCode.ERROR, error)
