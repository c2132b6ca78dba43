"""What surrounds every call: admission, deadline, cancellation, the one way out, one line in the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Protocol, cast

import grpc
import structlog
from grpc import aio
from structlog.contextvars import bind_contextvars

from optimizer.service.access import current_principal
from optimizer.service.admission import Admission
from optimizer.service.errors import DEADLINE_PASSED, RESPONSE_TOO_LARGE, Refusal, internal_bug, refusal_of
from optimizer.service.identity import Principal
from optimizer.service.status import abort
from optimizer.service.tracing import note_end
from optimizer.telemetry.call_metrics import CallMetrics
from optimizer.workers import Cancellation

MAXIMUM_MESSAGE_BYTES = 4 << 20
LEAST_SECONDS = 0.001
"""No call is answered in less: with less left, no work is begun."""
_LOGGED_ID_CHARACTERS = 64
_log = structlog.get_logger(__name__)


@dataclass(eq=False, kw_only=True)
class Call:
    """One call under way. `deadline` and `start` are on the monotonic clock."""

    method: str
    start: float
    deadline: float | None
    principal: Principal
    cancellation: Cancellation = field(default_factory=Cancellation)
    request_id: str = ""
    facts: dict[str, str | int] = field(default_factory=dict)
    """What else the log should say; never contents of a problem."""
    metrics: CallMetrics = field(default_factory=CallMetrics)

    @property
    def logged_request_id(self) -> str:
        """As much of the request id as logs and spans hold."""
        return self.request_id[:_LOGGED_ID_CHARACTERS]

    def read_request_id(self, request_id: str) -> None:
        """From here on logs and spans carry it."""
        self.request_id = request_id
        if request_id:
            bind_contextvars(request_id=self.logged_request_id)

    def remaining_seconds(self) -> float | None:
        """Time until the caller's deadline; None without one."""
        return None if self.deadline is None else self.deadline - time.monotonic()


Work = Callable[[bytes, Call], bytes]
"""From the bytes of a request to those of its response; raises what `refusal_of` knows."""


class Servicer(Protocol):
    """The calls of one service."""

    @property
    def service_name(self) -> str:
        """Full name of the service in the contract."""

    @property
    def methods(self) -> dict[str, Work]:
        """What does the work of each method, by its name in the contract."""


class CallRunner:
    """Runs the work of calls of one class in threads, so that the event loop stays free for health checks.

    `executor` has a thread for every place that `admission` gives.
    """

    def __init__(
        self, admission: Admission, executor: ThreadPoolExecutor, metrics: CallMetrics | None = None
    ) -> None:
        self._admission = admission
        self._executor = executor
        self._metrics = metrics or CallMetrics()

    def handler(self, method: str, work: Work) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Handler of a unary call. It takes and gives bytes: parsing is work, too."""

        async def handle(body: bytes, context: aio.ServicerContext[bytes, bytes]) -> bytes:
            call = open_call(method, context, self._metrics)
            try:
                reply = await self._admitted(work, body, call)
            except asyncio.CancelledError:
                # The caller went away or its deadline passed: nobody waits for the work.
                self._admission.give_up(call.cancellation)
                call.cancellation.cancel()
                late = call.deadline is not None and time.monotonic() >= call.deadline
                write_line(call, "DEADLINE_EXCEEDED" if late else "CANCELLED", None)
                raise
            except Exception:  # noqa: BLE001 - whatever it was, no text of it may reach the caller
                reply = logged_bug(call)
            if isinstance(reply, Refusal):
                write_line(call, reply.code.name, reply)
                await abort(context, reply)
            write_line(call, "OK", None)
            return reply

        return grpc.unary_unary_rpc_method_handler(handle)

    async def _admitted(self, work: Work, body: bytes, call: Call) -> bytes | Refusal:
        if _is_late(call):
            return DEADLINE_PASSED
        reply: Future[bytes | Refusal] = Future()
        # In the thread, too, lines of the log and spans are those of this call.
        here = copy_context()

        def begin() -> None:
            self._executor.submit(self._work_on, reply, work, body, call, here)

        refusal = self._admission.enter(call.cancellation, call.principal.tenant, begin)
        if refusal is not None:
            return refusal
        return await asyncio.wrap_future(reply)

    def _work_on(
        self, reply: Future[bytes | Refusal], work: Work, body: bytes, call: Call, context: Context
    ) -> None:
        try:
            done = context.run(self._run, work, body, call) if reply.set_running_or_notify_cancel() else None
        finally:
            # The place is free when the thread is, not when the caller has gone.
            self._admission.leave(call.cancellation)
        if done is not None:
            reply.set_result(done)

    def _run(self, work: Work, body: bytes, call: Call) -> bytes | Refusal:
        # It may have waited for its place until there was no time left.
        if _is_late(call):
            return DEADLINE_PASSED
        try:
            call.cancellation.raise_if_cancelled()
            reply = work(body, call)
        except Exception as error:  # noqa: BLE001 - `refusal_of` knows what each of them means
            refusal = refusal_of(error, draining=self._admission.closed)
            return logged_bug(call, refusal) if "errorId" in refusal.metadata else refusal
        return reply if len(reply) <= MAXIMUM_MESSAGE_BYTES else RESPONSE_TOO_LARGE


def _is_late(call: Call) -> bool:
    remaining = call.remaining_seconds()
    return remaining is not None and remaining < LEAST_SECONDS


def open_call(method: str, context: aio.ServicerContext[bytes, bytes], metrics: CallMetrics) -> Call:
    """The call of whoever came through the gate, from now on; counted in `metrics` at its end."""
    start = time.monotonic()
    bind_contextvars(method=method)
    # None without a deadline, whatever its annotation says.
    remaining = cast("float | None", context.time_remaining())
    return Call(
        method=method,
        start=start,
        deadline=None if remaining is None else start + remaining,
        principal=current_principal(),
        metrics=metrics,
    )


def logged_bug(call: Call, refusal: Refusal | None = None) -> Refusal:
    """Log the exception being handled under the number that the caller gets."""
    refusal = refusal or internal_bug()
    _log.exception("internal error", method=call.method, error_id=refusal.metadata["errorId"])
    return refusal


def write_line(call: Call, code: str, refusal: Refusal | None) -> None:
    """The one line that the log has of a call, and its place in the metrics."""
    seconds = time.monotonic() - call.start
    call.metrics.ended(call.method, code, None if refusal is None else refusal.reason.name, seconds)
    facts: dict[str, object] = {"method": call.method, "code": code}
    if refusal is not None:
        facts["reason"] = refusal.reason.name
        facts |= refusal.metadata
    facts |= {"principal": call.principal.subject, "tenant": call.principal.tenant}
    facts["authenticated"] = call.principal.authenticated
    if call.request_id:
        facts["request_id"] = call.logged_request_id
    noted = call.facts | ({"request_id": call.logged_request_id} if call.request_id else {})
    note_end(code, refusal.reason.name if refusal is not None else "", noted)
    _log.info("call", **facts, **call.facts, duration_ms=round(1000 * seconds, 3))
