"""What every method of the clients asks and how it reads the answer, written once for both clients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from counterpoise import wire
from counterpoise.client.answers import certified, complete, produced, typed
from counterpoise.client.rpcs import (
    ALLOCATE,
    ESTIMATE_RISK_MODEL,
    MEASURE_ALPHA_CAPTURE,
    MEASURE_LIQUIDITY,
    STRESS_PORTFOLIO,
    VALIDATE_PORTFOLIO,
    VERIFY_ALPHA,
    Rpc,
)
from counterpoise.errors import InvalidProblem
from counterpoise.model import (
    AllocateRequest,
    AllocateResponse,
    Allocation,
    AllocationProblem,
    AlphaCaptureQuestion,
    AlphaQuestion,
    EstimateRiskModelRequest,
    EstimateRiskModelResponse,
    ExplainInfeasibilityRequest,
    HistoryRequest,
    MeasureAlphaCaptureRequest,
    MeasureAlphaCaptureResponse,
    MeasureLiquidityRequest,
    MeasureLiquidityResponse,
    MeasureSensitivityRequest,
    RiskModelQuestion,
    SolveParameters,
    StressPortfolioRequest,
    StressPortfolioResponse,
    TraceFrontierRequest,
    ValidatePortfolioRequest,
    ValidatePortfolioResponse,
    VerifyAlphaRequest,
    VerifyAlphaResponse,
    Violation,
)
from counterpoise.validate import problem_violations, request_violations

Answer = TypeVar("Answer")
Other = TypeVar("Other")
Request = (
    AllocateRequest
    | ExplainInfeasibilityRequest
    | MeasureSensitivityRequest
    | TraceFrontierRequest
    | ValidatePortfolioRequest
    | StressPortfolioRequest
    | MeasureLiquidityRequest
    | HistoryRequest
)

_SPARE_SECONDS = 5.0
"""Time beyond `SolveParameters.time_limit` for the answer that says that it ran out."""


@dataclass(frozen=True, kw_only=True)
class Call(Generic[Answer]):
    """One question, ready to send, and how to read its answer.

    `read` takes the response's dataclass and may raise. `least_timeout_seconds` is what the call
    needs where the caller gives it no timeout of its own.
    """

    rpc: Rpc
    request: bytes
    read: Callable[[object], Answer]
    least_timeout_seconds: float = 0.0

    def then(self, read: Callable[[Answer], Other]) -> Call[Other]:
        """The same question with its answer read further."""
        return Call(
            rpc=self.rpc,
            request=self.request,
            read=lambda response: read(self.read(response)),
            least_timeout_seconds=self.least_timeout_seconds,
        )


def allocate_response(
    problem: AllocationProblem, parameters: SolveParameters | None, request_id: str
) -> Call[AllocateResponse]:
    """Allocate, with the whole response as its answer, whatever the termination."""
    request = AllocateRequest(problem=problem, parameters=parameters, request_id=request_id)
    return Call(
        rpc=ALLOCATE,
        request=serialized(ALLOCATE, request),
        read=complete,
        least_timeout_seconds=least_timeout_seconds(parameters),
    )


def least_timeout_seconds(parameters: SolveParameters | None) -> float:
    """What a call with a time limit needs; 0 without one."""
    time_limit = parameters.time_limit if parameters is not None else None
    return time_limit.total_seconds() + _SPARE_SECONDS if time_limit is not None else 0.0


def allocate(
    problem: AllocationProblem, parameters: SolveParameters | None, request_id: str
) -> Call[Allocation]:
    """Allocate, with certified positions as its answer."""
    return allocate_response(problem, parameters, request_id).then(
        lambda response: certified(response.allocation)
    )


def validate(
    problem: AllocationProblem, maximum_violation_count: int | None
) -> Call[ValidatePortfolioResponse]:
    """ValidatePortfolio; violations are its answer, not an error."""
    request = ValidatePortfolioRequest(problem=problem, maximum_violation_count=maximum_violation_count)
    return Call(
        rpc=VALIDATE_PORTFOLIO,
        request=serialized(VALIDATE_PORTFOLIO, request),
        read=lambda response: typed(response, ValidatePortfolioResponse),
    )


def stress(problem: AllocationProblem, request_id: str) -> Call[StressPortfolioResponse]:
    """StressPortfolio: what scenarios do to the positions of today."""
    request = StressPortfolioRequest(problem=problem, request_id=request_id)
    return Call(
        rpc=STRESS_PORTFOLIO,
        request=serialized(STRESS_PORTFOLIO, request),
        read=lambda response: produced(response, StressPortfolioResponse),
    )


def measure_liquidity(
    problem: AllocationProblem, horizons: Iterable[int], request_id: str
) -> Call[MeasureLiquidityResponse]:
    """MeasureLiquidity: money against need, by horizons in trading days."""
    request = MeasureLiquidityRequest(
        problem=problem, horizon_trading_days=tuple(horizons), request_id=request_id
    )
    return Call(
        rpc=MEASURE_LIQUIDITY,
        request=serialized(MEASURE_LIQUIDITY, request),
        read=lambda response: produced(response, MeasureLiquidityResponse),
    )


def verify_alpha(question: AlphaQuestion, request_id: str) -> Call[VerifyAlphaResponse]:
    """VerifyAlpha: what of histories is alpha."""
    request = VerifyAlphaRequest(question=question, request_id=request_id)
    return Call(
        rpc=VERIFY_ALPHA,
        request=serialized(VERIFY_ALPHA, request),
        read=lambda response: produced(response, VerifyAlphaResponse),
    )


def measure_alpha_capture(
    question: AlphaCaptureQuestion, request_id: str
) -> Call[MeasureAlphaCaptureResponse]:
    """MeasureAlphaCapture: what active returns leave after benchmark, factors and fees."""
    request = MeasureAlphaCaptureRequest(question=question, request_id=request_id)
    return Call(
        rpc=MEASURE_ALPHA_CAPTURE,
        request=serialized(MEASURE_ALPHA_CAPTURE, request),
        read=lambda response: produced(response, MeasureAlphaCaptureResponse),
    )


def estimate_risk_model(question: RiskModelQuestion, request_id: str) -> Call[EstimateRiskModelResponse]:
    """EstimateRiskModel: a market model and the loadings of sleeves, out of histories."""
    request = EstimateRiskModelRequest(question=question, request_id=request_id)
    return Call(
        rpc=ESTIMATE_RISK_MODEL,
        request=serialized(ESTIMATE_RISK_MODEL, request),
        read=lambda response: produced(response, EstimateRiskModelResponse),
    )


def serialized(rpc: Rpc, request: Request) -> bytes:
    """The bytes of a request about a problem or a history. Raises InvalidProblem for what has none."""
    try:
        return wire.to_message(request, rpc.request_type).SerializeToString()
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        # What has no place in a message is a violation with a path, wherever validation can name it.
        violations = _violations(request)
        if not violations:
            raise
        raise InvalidProblem(violations) from None


def _violations(request: Request) -> tuple[Violation, ...]:
    if isinstance(request, HistoryRequest):
        return request_violations(request)
    return problem_violations(request.problem) or request_violations(request)
