"""Spans: what a call, or a run, spent its time on. Without a collector all of this does nothing.

Only `exported_to` loads OpenTelemetry; before it, and without an endpoint, each function costs one look at a
variable. Attributes and errors are names and numbers, never contents of problems and never texts of
exceptions, which may quote them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from optimizer.telemetry.kept import Keeping, Kept
from optimizer.telemetry.otel_variables import check_variables
from optimizer.telemetry.spans import NOTHING, Attributes, Ended

if TYPE_CHECKING:
    from optimizer.telemetry.collector import Tracing

_nowhere: AbstractContextManager[None] = nullcontext()
_tracing: Tracing | None = None
"""Set once, before there are calls."""
_keeping: Keeping | None = None
"""Set while a worker keeps the spans of a task."""


class TracesError(Exception):
    """Traces cannot be set up; the message says why."""


@contextmanager
def exported_to(endpoint: str | None) -> Iterator[None]:
    """Export spans to the collector at http(s)://host:port from here on; None does nothing.

    What waits at the end is sent within two seconds or dropped. Loads gRPC, so it comes after the fork
    server has started. Raises TracesError where a standard OTEL_* variable cannot be used.
    """
    if endpoint is None:
        yield
        return
    global _tracing  # noqa: PLW0603 - one process has one collector, as it has one log
    try:
        check_variables(os.environ)
        # The environment speaks to the import, too: it names propagators.
        from optimizer.telemetry.collector import tracing_to

        tracing = _tracing = tracing_to(endpoint)
    except Exception as error:  # the library's errors have no name in common
        raise TracesError(f"the OTEL_* variables cannot be used: {error}") from error
    try:
        yield
    finally:
        _tracing = None
        tracing.stop()


def enabled() -> bool:
    """Whether spans go anywhere."""
    return _tracing is not None


def span(name: str, attributes: Attributes = NOTHING) -> AbstractContextManager[None]:
    """A span around a block, below the one that is open here; an exception that leaves it is its error."""
    if _tracing is not None:
        return _tracing.span(name, attributes)
    return _nowhere if _keeping is None else _keeping.span(name, attributes)


@contextmanager
def kept(wanted: bool) -> Iterator[list[Kept]]:
    """Keep the spans of this block, in a process of one thread without a collector, where they are wanted."""
    global _keeping  # noqa: PLW0603 - as above
    keeping = Keeping()
    _keeping = keeping if wanted else None
    try:
        yield keeping.spans
    finally:
        _keeping = None


def record(spans: Sequence[Kept]) -> None:
    """Spans that another process kept, below the one that is open here."""
    for one in spans:
        write = recorder(one.name)
        if write is not None:
            write(one.ended)


def call_span(
    name: str, metadata: Sequence[tuple[str, str | bytes]], attributes: Attributes
) -> AbstractContextManager[None]:
    """The span of a call that arrived, in the trace that its metadata names."""
    return _nowhere if _tracing is None else _tracing.call_span(name, metadata, attributes)


def annotate(attributes: Attributes, error: str = "") -> None:
    """Add to the span that is open here; `error`, a name, says that it failed."""
    if _tracing is not None:
        _tracing.annotate(attributes, error)


def recorder(name: str, attributes: Attributes = NOTHING) -> Callable[[Ended], None] | None:
    """What records work as a span below the one that is open here, later and from any thread."""
    return None if _tracing is None else _tracing.recorder(name, attributes)


def current_ids() -> tuple[str, str] | None:
    """Ids of the trace and the span that are open here, in hexadecimal; None where there is none."""
    return None if _tracing is None else _tracing.current_ids()
