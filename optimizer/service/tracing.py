"""One span for each call, in the trace of its caller, around the gate and the work.

OpenTelemetry's own interceptor does not fit: it takes handlers of streams for generators, while ours write to
their context, as the gate's refusals do; and it records texts of refusals and addresses of callers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container
from typing import Any, TypeAlias, cast

import grpc
from grpc import aio

from optimizer.telemetry import traces
from optimizer.telemetry.spans import NOTHING, Attributes

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_OURS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
"""Codes that are errors of a server by the semantic conventions; the others are the caller's."""


class Traced(aio.ServerInterceptor):
    """In front of the gate, for these methods by their paths: any other path is a stranger's word."""

    def __init__(self, paths: Container[str]) -> None:
        self._paths = paths

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """The method's handler, with a span around it."""
        handler = await continuation(handler_call_details)
        path = handler_call_details.method
        return handler if handler is None or path not in self._paths else _traced(handler, path)


def _traced(handler: Handler, path: str) -> Handler:
    # All handlers of this server are coroutines; grpc's stubs know those of its other interface alone.
    behaviour = cast(
        "Callable[[Any, Any], Awaitable[Any]]",
        handler.unary_unary or handler.unary_stream or handler.stream_stream,
    )
    service, _, method = path.removeprefix("/").partition("/")
    attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}

    async def traced(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:  # noqa: ANN401 - as wrapped
        metadata = tuple(context.invocation_metadata() or ())
        with traces.call_span(path.removeprefix("/"), metadata, attributes):
            return await behaviour(request, context)

    if handler.unary_unary:
        return grpc.unary_unary_rpc_method_handler(traced)
    if handler.unary_stream:
        return grpc.unary_stream_rpc_method_handler(traced)
    return grpc.stream_stream_rpc_method_handler(traced)


def note_end(code: str, reason: str = "", facts: Attributes = NOTHING) -> None:
    """Write into the call's span how it ended: the name of its code, and the reason of a refusal.

    `facts` are named here as in the log.
    """
    if not traces.enabled():
        return
    named: dict[str, str | int] = {f"counterpoise.{name}": value for name, value in facts.items()}
    if reason:
        named["counterpoise.reason"] = reason
    named["rpc.grpc.status_code"] = grpc.StatusCode[code].value[0]
    traces.annotate(named, (reason or code) if code in _OURS else "")
