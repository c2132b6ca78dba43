"""What the methods ask that explain an answer."""

from __future__ import annotations

from collections.abc import Iterable

from counterpoise.client.answers import explained, measured_sensitivity
from counterpoise.client.calls import Call, least_timeout_seconds, serialized
from counterpoise.client.rpcs import EXPLAIN_INFEASIBILITY, MEASURE_SENSITIVITY
from counterpoise.model import (
    AllocationProblem,
    ExplainInfeasibilityRequest,
    ExplainInfeasibilityResponse,
    MeasureSensitivityRequest,
    MeasureSensitivityResponse,
    RelaxationWeight,
    SolveParameters,
)


def explain(
    problem: AllocationProblem,
    weights: Iterable[RelaxationWeight],
    parameters: SolveParameters | None,
    request_id: str,
) -> Call[ExplainInfeasibilityResponse]:
    """ExplainInfeasibility; every verdict is an answer."""
    request = ExplainInfeasibilityRequest(
        problem=problem, parameters=parameters, weights=tuple(weights), request_id=request_id
    )
    return Call(
        rpc=EXPLAIN_INFEASIBILITY,
        request=serialized(EXPLAIN_INFEASIBILITY, request),
        read=explained,
        least_timeout_seconds=least_timeout_seconds(parameters),
    )


def measure_sensitivity(
    problem: AllocationProblem,
    maximum_input_count: int | None,
    step: float | None,
    parameters: SolveParameters | None,
    request_id: str,
) -> Call[MeasureSensitivityResponse]:
    """MeasureSensitivity, with certified positions in its answer."""
    request = MeasureSensitivityRequest(
        problem=problem,
        parameters=parameters,
        maximum_input_count=maximum_input_count,
        step=step,
        request_id=request_id,
    )
    return Call(
        rpc=MEASURE_SENSITIVITY,
        request=serialized(MEASURE_SENSITIVITY, request),
        read=measured_sensitivity,
        least_timeout_seconds=least_timeout_seconds(parameters),
    )
