"""A service for tests: real gRPC on a loopback port, scripted answers, no solver.

with ScriptedServer() as server:
    server.script("Allocate", Refusal(status=busy), AllocateResponse(allocation=allocation))
    with Client(server.target) as client:
        client.allocate(problem)
    assert [type(request) for request in server.requests] == [AllocateRequest] * 2
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from counterpoise import wire
from counterpoise.client.rpcs import RPCS, Rpc
from counterpoise.errors import CallStatus, StatusCode
from counterpoise.model import (
    AllocateBatchResponse,
    AllocateResponse,
    ApproveRebalanceProposalResponse,
    CancelRebalanceRunResponse,
    CreateRebalanceJobResponse,
    DeleteRebalanceJobResponse,
    EngageKillSwitchResponse,
    EstimateRiskModelResponse,
    ExplainInfeasibilityResponse,
    GetRebalanceJobResponse,
    GetRebalanceProposalResponse,
    GetRebalanceRunResponse,
    ListKillSwitchesResponse,
    ListMarksResponse,
    ListRebalanceJobsResponse,
    ListRebalanceProposalsResponse,
    ListRebalanceRunsResponse,
    MeasureAlphaCaptureResponse,
    MeasureLiquidityResponse,
    MeasureSensitivityResponse,
    PauseRebalanceJobResponse,
    RecordMarksResponse,
    RejectRebalanceProposalResponse,
    ReleaseKillSwitchResponse,
    ResumeRebalanceJobResponse,
    RunRebalanceJobResponse,
    StressPortfolioResponse,
    TraceFrontierResponse,
    UpdateRebalanceJobResponse,
    ValidatePortfolioResponse,
    VerifyAlphaResponse,
    Violation,
    WatchRebalanceRunsResponse,
)

Response = (
    AllocateBatchResponse
    | AllocateResponse
    | ApproveRebalanceProposalResponse
    | CancelRebalanceRunResponse
    | CreateRebalanceJobResponse
    | DeleteRebalanceJobResponse
    | EngageKillSwitchResponse
    | EstimateRiskModelResponse
    | ExplainInfeasibilityResponse
    | GetRebalanceJobResponse
    | GetRebalanceProposalResponse
    | GetRebalanceRunResponse
    | ListKillSwitchesResponse
    | ListMarksResponse
    | ListRebalanceJobsResponse
    | ListRebalanceProposalsResponse
    | ListRebalanceRunsResponse
    | MeasureAlphaCaptureResponse
    | MeasureLiquidityResponse
    | MeasureSensitivityResponse
    | PauseRebalanceJobResponse
    | RecordMarksResponse
    | RejectRebalanceProposalResponse
    | ReleaseKillSwitchResponse
    | ResumeRebalanceJobResponse
    | RunRebalanceJobResponse
    | StressPortfolioResponse
    | TraceFrontierResponse
    | UpdateRebalanceJobResponse
    | ValidatePortfolioResponse
    | VerifyAlphaResponse
    | WatchRebalanceRunsResponse
)
"""What an RPC answers; which one it is belongs to the RPC."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A status instead of an answer, with the details that the service itself would send.

    RESOURCE_EXHAUSTED is `ServerBusy` to a client, and tried again, only where the status has a
    `retry_delay`; the client waits at least so long, so keep it short in tests. Without one it is a
    plain `ServiceError`, as a proxy's would be.
    """

    status: CallStatus
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Delayed:
    """An answer that takes its time."""

    seconds: float
    answer: Response | Refusal | bytes


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """What one call of an RPC is sent that answers more than once, and how it ends.

    It ends as soon as the messages are sent, or stays open for `open_seconds` or until the caller leaves;
    then with `ending`, or well without one. An answer outside of a `Streamed` is a stream of one message.
    """

    messages: tuple[Response | bytes, ...] = ()
    open_seconds: float = 0.0
    ending: Refusal | None = None


Answer = Response | Refusal | Delayed | Streamed | bytes
"""What a script holds; bytes are sent as they are."""


@dataclass
class _Script:
    answers: list[Answer] = field(default_factory=list)

    def next_answer(self) -> Answer:
        """The next one; the last one for ever."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class ScriptedServer:
    """Answers calls from a script and records what it was asked.

    Runs from construction to `stop`, which leaving the context calls. `port` 0 takes a free one; raises
    RuntimeError where the port is taken. Without `credentials` it speaks in the clear. A call that
    nothing was scripted for ends with UNIMPLEMENTED.
    """

    def __init__(self, *, port: int = 0, credentials: grpc.ServerCredentials | None = None) -> None:
        self._lock = threading.Lock()
        self._scripts: dict[str, _Script] = {}
        self._requests: list[Any] = []
        self._metadata: list[dict[str, str]] = []
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8), options=[("grpc.so_reuseport", 0)])
        for service, rpcs in _by_service().items():
            handlers = {name: self._handler(name, rpc) for name, rpc in rpcs.items()}
            self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
        bound = (
            self._server.add_insecure_port(f"127.0.0.1:{port}")
            if credentials is None
            else self._server.add_secure_port(f"127.0.0.1:{port}", credentials)
        )
        self.target = f"127.0.0.1:{bound}"
        """What a client is given to connect."""
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops at once; calls that still run end with UNAVAILABLE or CANCELLED."""
        self._server.stop(grace=None).wait()

    def script(self, rpc: str, *answers: Answer) -> None:
        """Answers of an RPC such as `Allocate`, given in turn; the last one is given for ever.

        Replaces the RPC's script. Raises LookupError for an RPC that the contract does not have.
        """
        if not any(rpc in rpcs for rpcs in _by_service().values()):
            raise LookupError(f"no RPC is named {rpc}")
        with self._lock:
            self._scripts[rpc] = _Script(answers=list(answers))

    @property
    def requests(self) -> tuple[Any, ...]:
        """Every request so far, as dataclasses of the model, in the order of arrival."""
        with self._lock:
            return tuple(self._requests)

    @property
    def metadata(self) -> tuple[dict[str, str], ...]:
        """What travelled beside each request."""
        with self._lock:
            return tuple(self._metadata)

    def _handler(self, name: str, rpc: Rpc) -> grpc.RpcMethodHandler[Message, bytes]:
        def handle(request: Message, context: grpc.ServicerContext) -> bytes:
            (message,) = self._messages(name, rpc, request, context)
            return message

        def stream(request: Message, context: grpc.ServicerContext) -> Iterator[bytes]:
            return self._messages(name, rpc, request, context)

        def exchange(requests: Iterator[Message], context: grpc.ServicerContext) -> Iterator[bytes]:
            # All that is asked is taken before the first answer.
            first, *others = requests
            return self._messages(name, rpc, first, context, others)

        parse = rpc.request_type.FromString
        if rpc.takes_stream:
            return grpc.stream_stream_rpc_method_handler(exchange, request_deserializer=parse)
        if rpc.streams:
            return grpc.unary_stream_rpc_method_handler(stream, request_deserializer=parse)
        return grpc.unary_unary_rpc_method_handler(handle, request_deserializer=parse)

    def _messages(
        self,
        name: str,
        rpc: Rpc,
        request: Message,
        context: grpc.ServicerContext,
        others: Iterable[Message] = (),
    ) -> Iterator[bytes]:
        with self._lock:
            self._requests += [wire.to_model(one) for one in (request, *others)]
            self._metadata.append({key: str(value) for key, value in context.invocation_metadata()})
            script = self._scripts.get(name)
            answer = script.next_answer() if script is not None and script.answers else _NOTHING_SCRIPTED
        if isinstance(answer, Delayed):
            time.sleep(answer.seconds)
            answer = answer.answer
        if isinstance(answer, Streamed):
            left = threading.Event()
            context.add_callback(left.set)
            for message in answer.messages:
                yield _bytes(message, rpc)
            left.wait(answer.open_seconds)
            if answer.ending is not None:
                context.abort_with_status(rpc_status.to_status(_status(answer.ending)))
        elif isinstance(answer, Refusal):
            context.abort_with_status(rpc_status.to_status(_status(answer)))
        else:
            yield _bytes(answer, rpc)


def _bytes(answer: Response | bytes, rpc: Rpc) -> bytes:
    return (
        answer
        if isinstance(answer, bytes)
        else wire.to_message(answer, rpc.response_type).SerializeToString()
    )


_NOTHING_SCRIPTED = Refusal(status=CallStatus(code=StatusCode.UNIMPLEMENTED, details="nothing is scripted"))


def _by_service() -> dict[str, dict[str, Rpc]]:
    services: dict[str, dict[str, Rpc]] = {}
    for rpc in RPCS:
        service, name = rpc.path.removeprefix("/").split("/")
        services.setdefault(service, {})[name] = rpc
    return services


def _status(refusal: Refusal) -> status_pb2.Status:
    given = refusal.status
    details: list[Message] = []
    if given.reason:
        info = error_details_pb2.ErrorInfo(
            reason=given.reason, domain="counterpoise", metadata=given.metadata
        )
        details.append(info)
    if given.retry_delay is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromTimedelta(given.retry_delay)
        details.append(retry)
    if refusal.violations:
        details.append(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=item.field, description=item.message, reason=item.reason.name
                    )
                    for item in refusal.violations
                ]
            )
        )
    packed = [any_pb2.Any() for _ in details]
    for place, detail in zip(packed, details, strict=True):
        place.Pack(detail)
    return status_pb2.Status(code=int(given.code), message=given.details, details=packed)
