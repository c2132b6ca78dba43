"""Who may call what: one table for all methods, and the gate in front of them that holds to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, NoReturn, TypeAlias

import grpc
import structlog
from grpc import aio

from optimizer.service.errors import ACCESS_DENIED, CREDENTIALS_INVALID, Refusal
from optimizer.service.identity import CredentialsInvalid, Principal, Role, claimed
from optimizer.service.status import abort
from optimizer.service.tokens import TokenVerifier
from optimizer.service.tracing import note_end
from optimizer.telemetry.call_metrics import OTHER_METHOD, CallMetrics

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
OnRefusal: TypeAlias = Callable[[Principal | None, str, str], None]
"""Takes who was refused where that is known, the method's path or `unknown` for none of ours, the cause."""

ANY_ROLE = frozenset(Role)
OPERATORS = frozenset({Role.OPERATOR})
APPROVERS = frozenset({Role.APPROVER})
OPEN = frozenset(f"/grpc.health.v1.Health/{name}" for name in ("Check", "List", "Watch"))
"""Methods without credentials: probes have none, and health tells nothing else."""
ANY_PRINCIPAL = frozenset(
    f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo" for version in ("v1", "v1alpha")
)
"""Methods for everybody with credentials, whatever the roles."""
ROLES: Mapping[str, frozenset[Role]] = {
    "/counterpoise.v1.AllocationService/Allocate": ANY_ROLE,
    "/counterpoise.v1.AllocationService/ValidatePortfolio": ANY_ROLE,
    "/counterpoise.v1.AllocationService/ExplainInfeasibility": ANY_ROLE,
    "/counterpoise.v1.AllocationService/MeasureSensitivity": ANY_ROLE,
    "/counterpoise.v1.AllocationService/TraceFrontier": ANY_ROLE,
    "/counterpoise.v1.AllocationService/AllocateBatch": ANY_ROLE,
    "/counterpoise.v1.AnalysisService/StressPortfolio": ANY_ROLE,
    "/counterpoise.v1.AnalysisService/MeasureLiquidity": ANY_ROLE,
    "/counterpoise.v1.AnalysisService/VerifyAlpha": ANY_ROLE,
    "/counterpoise.v1.AnalysisService/MeasureAlphaCapture": ANY_ROLE,
    "/counterpoise.v1.AnalysisService/EstimateRiskModel": ANY_ROLE,
    "/counterpoise.v1.MonitorService/RecordMarks": OPERATORS,
    "/counterpoise.v1.MonitorService/ListMarks": ANY_ROLE,
    "/counterpoise.v1.RebalanceService/CreateRebalanceJob": OPERATORS,
    "/counterpoise.v1.RebalanceService/GetRebalanceJob": ANY_ROLE,
    "/counterpoise.v1.RebalanceService/ListRebalanceJobs": ANY_ROLE,
    "/counterpoise.v1.RebalanceService/UpdateRebalanceJob": OPERATORS,
    "/counterpoise.v1.RebalanceService/DeleteRebalanceJob": OPERATORS,
    "/counterpoise.v1.RebalanceService/PauseRebalanceJob": OPERATORS,
    "/counterpoise.v1.RebalanceService/ResumeRebalanceJob": OPERATORS,
    "/counterpoise.v1.RebalanceService/RunRebalanceJob": OPERATORS,
    "/counterpoise.v1.RebalanceService/GetRebalanceRun": ANY_ROLE,
    "/counterpoise.v1.RebalanceService/ListRebalanceRuns": ANY_ROLE,
    "/counterpoise.v1.RebalanceService/CancelRebalanceRun": OPERATORS,
    "/counterpoise.v1.RebalanceService/WatchRebalanceRuns": ANY_ROLE,
    "/counterpoise.v1.RebalanceService/GetRebalanceProposal": ANY_ROLE,
    "/counterpoise.v1.RebalanceService/ListRebalanceProposals": ANY_ROLE,
    "/counterpoise.v1.RebalanceService/ApproveRebalanceProposal": APPROVERS,
    "/counterpoise.v1.RebalanceService/RejectRebalanceProposal": APPROVERS,
    # Whoever sees that something is wrong stops it; who lets it go on is another matter.
    "/counterpoise.v1.RebalanceService/EngageKillSwitch": OPERATORS | APPROVERS,
    "/counterpoise.v1.RebalanceService/ReleaseKillSwitch": APPROVERS,
    "/counterpoise.v1.RebalanceService/ListKillSwitches": ANY_ROLE,
}
"""One of these roles is needed. A method that is in none of the three is denied to everybody."""

_principal: ContextVar[Principal] = ContextVar("principal")
_log = structlog.get_logger(__name__)


def current_principal() -> Principal:
    """Who makes the call that is being handled. Raises LookupError where no gate was passed."""
    return _principal.get()


def may_call(principal: Principal, method: str) -> bool:
    """Whether the table lets this principal call a method, named by its path."""
    return method in ANY_PRINCIPAL or bool(principal.roles & ROLES.get(method, frozenset()))


class Gate(aio.ServerInterceptor):
    """In front of every method, unary or streaming; refuses before a request is read.

    Without a verifier callers are whoever they say they are. With one, a caller without credentials
    hears the same of methods that exist and of those that do not. `on_refusal` is called on the event
    loop for every refusal, and must neither wait nor raise. `metrics` count what ends here.
    """

    def __init__(
        self,
        verifier: TokenVerifier | None,
        on_refusal: OnRefusal | None = None,
        metrics: CallMetrics | None = None,
    ) -> None:
        self._metrics = metrics or CallMetrics()
        self._identify = verifier.principal_of if verifier is not None else claimed
        self._on_refusal = on_refusal

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """The method's own handler, or one that refuses."""
        method = handler_call_details.method
        if method in OPEN:
            return await continuation(handler_call_details)
        try:
            principal = self._identify(handler_call_details.invocation_metadata)
        except CredentialsInvalid as error:
            return self._refusing(method, CREDENTIALS_INVALID, None, error.cause)
        handler = await continuation(handler_call_details)
        if handler is None:
            self._metrics.ended(OTHER_METHOD, grpc.StatusCode.UNIMPLEMENTED.name)
        elif not may_call(principal, method):
            return self._refusing(method, ACCESS_DENIED, principal, "role")
        # The call is handled in the task, and so the context, in which this runs.
        _principal.set(principal)
        return handler

    def _refusing(self, method: str, refusal: Refusal, principal: Principal | None, cause: str) -> Handler:
        # A path that is none of ours may hold anything: it stays out of the log and of the records.
        path = method if method in ROLES or method in ANY_PRINCIPAL else "unknown"
        facts = {"method": path.rpartition("/")[2], "code": refusal.code.name, "reason": refusal.reason.name}
        facts["cause"] = cause
        if principal is not None:
            facts |= {"principal": principal.subject, "tenant": principal.tenant}

        async def refuse(_: object, context: aio.ServicerContext[Any, Any]) -> NoReturn:
            self._metrics.ended(facts["method"], refusal.code.name, refusal.reason.name)
            note_end(refusal.code.name, refusal.reason.name)
            _log.info("call", **facts)
            if self._on_refusal is not None:
                self._on_refusal(principal, path, cause)
            await abort(context, refusal)

        # As a stream on both sides it ends calls of every kind, and waits for no message of theirs.
        return grpc.stream_stream_rpc_method_handler(refuse)
