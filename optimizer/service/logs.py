"""The log: one JSON object per line on standard error, or coloured lines for a person."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from optimizer.telemetry import traces


def configure_logs(level: str, log_format: str) -> None:
    """Send what this process and its libraries log to standard error; `log_format` is json or console.

    What is logged during a call says which: `method`, `request_id`, and the ids of its trace if it has one.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_trace_ids,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # The default traceback shows local variables: problems do not belong in logs.
    renderer: list[Processor] = [
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    ]
    if log_format == "json":
        renderer = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # One says at length what it has loaded; the others name addresses, which may hold keys.
    for name in ("alembic", "httpcore", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of malformed headers for the collector with what they hold.
    logging.getLogger("opentelemetry.util.re").setLevel(logging.ERROR)
    # They warn of what any caller wrote into the metadata of a call, in front of the gate.
    for name in ("baggage.propagation", "trace.propagation.tracecontext", "trace.span"):
        logging.getLogger(f"opentelemetry.{name}").setLevel(logging.ERROR)


def _add_trace_ids(_logger: WrappedLogger, _level: str, line: EventDict) -> EventDict:
    ids = traces.current_ids()
    if ids is not None:
        line["trace_id"], line["span_id"] = ids
    return line
