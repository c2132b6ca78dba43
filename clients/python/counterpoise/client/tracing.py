"""Spans of calls, for programs that use OpenTelemetry; nothing where its API is not installed.

The API is loaded by the first call. Spans hold the names of the call, of its status and its reason; never
texts of errors, which may quote a problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Protocol

from counterpoise.errors import CallStatus, CounterpoiseError, InvalidProblem, ServiceError

if TYPE_CHECKING:
    from opentelemetry import trace

Metadata = tuple[tuple[str, str], ...]


class CallSpan(Protocol):
    """A call under way, as a trace sees it."""

    @property
    def metadata(self) -> Metadata:
        """What tells the service the trace."""

    def attempt(self, number: int) -> None:
        """The call is sent, for the first time or again."""

    def answered(self) -> None:
        """The last attempt brought an answer."""

    def failed(self, error: CounterpoiseError) -> None:
        """The last attempt ended with this error."""


class _Untraced:
    metadata: Metadata = ()

    def attempt(self, number: int) -> None:
        """Nobody asks."""

    def answered(self) -> None:
        """Nobody asks."""

    def failed(self, error: CounterpoiseError) -> None:
        """Nobody asks."""


class _Traced:
    def __init__(self, span: trace.Span, metadata: Metadata) -> None:
        self._span = span
        self.metadata = metadata

    def attempt(self, number: int) -> None:
        self._span.add_event("attempt", {"counterpoise.attempt": number})

    def answered(self) -> None:
        self._span.set_attribute("rpc.grpc.status_code", 0)

    def failed(self, error: CounterpoiseError) -> None:
        status = _status(error)
        name = type(error).__name__ if status is None else status.reason or status.code.name
        if status is not None:
            self._span.set_attribute("rpc.grpc.status_code", int(status.code))
        self.broken(name)

    def broken(self, name: str) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - loaded by now

        self._span.set_attribute("error.type", name)
        self._span.set_status(StatusCode.ERROR, name)


_UNTRACED = _Untraced()


@contextmanager
def call_span(path: str) -> Iterator[CallSpan]:
    """A span of the kind CLIENT below the caller's, for a call of the method at this path.

    It does not become the current span: what waits for a call may run elsewhere in between.
    """
    if not _available():
        yield _UNTRACED
        return
    from opentelemetry import propagate, trace  # noqa: PLC0415 - not for those without traces

    name = path.removeprefix("/")
    service, _, method = name.partition("/")
    span = trace.get_tracer("counterpoise").start_span(
        name,
        kind=trace.SpanKind.CLIENT,
        attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": method},
    )
    carrier: dict[str, str] = {}
    propagate.inject(carrier, context=trace.set_span_in_context(span))
    # Names of metadata are in small letters, whatever the propagator writes.
    traced = _Traced(span, tuple((key.lower(), value) for key, value in carrier.items()))
    try:
        yield traced
    except CounterpoiseError as error:
        traced.failed(error)
        raise
    except GeneratorExit:
        raise  # whoever leaves a stream has seen enough
    except BaseException as error:
        # Among others a caller who stops waiting.
        traced.broken(type(error).__name__)
        raise
    finally:
        span.end()


@cache
def _available() -> bool:
    try:
        from opentelemetry import propagate, trace  # noqa: F401, PLC0415 - as above
    except (ImportError, ValueError):
        # A ValueError is a propagator that the environment names and nobody has: no reason to fail calls.
        return False
    return True


def _status(error: CounterpoiseError) -> CallStatus | None:
    return error.status if isinstance(error, InvalidProblem | ServiceError) else None
